//! The words a note is offered.

use actix_web::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, Guard, IfMatch, Json};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::notes::model::{Vocabulary, Words};
use crate::notes::store;
use crate::policies;

policies! {
    /// Seeing the words a note is offered.
    SeeVocabulary = "note_vocabulary.see": [Therapist, Admin];
    /// Changing them.
    ChangeVocabulary = "note_vocabulary.change": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_note_vocabulary).service(change_note_vocabulary);
}

/// The words a note is offered, each list in its order. A note takes any other word as well.
#[derive(Serialize, ToSchema)]
struct VocabularyView {
    schools: Vec<String>,
    techniques: Vec<String>,
    regions: Vec<String>,
    client_reports: Vec<String>,
    /// When they were changed last; never, if absent.
    changed_at: Option<Timestamp>,
    version: i32,
}

impl From<Vocabulary> for VocabularyView {
    fn from(vocabulary: Vocabulary) -> Self {
        let Words { schools, techniques, regions, client_reports } = vocabulary.words;
        let changed_at = vocabulary.changed.map(|(_, at)| at);
        Self { schools, techniques, regions, client_reports, changed_at, version: vocabulary.version }
    }
}

/// See the words a note is offered
#[utoipa::path(tag = "notes", responses((status = 200, body = VocabularyView)))]
#[get("/note-vocabulary")]
async fn see_note_vocabulary(guard: Guard<SeeVocabulary>) -> Answer {
    let vocabulary = guard.read(store::vocabulary).await?;
    versioned(vocabulary.version, &VocabularyView::from(vocabulary))
}

/// The lists as they are to be.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"schools": ["manual cranial sacral"], "techniques": ["still point", "other"], "regions": ["occiput", "sacrum", "other"], "client_reports": ["warmth", "other"]}))]
struct VocabularyAsk {
    #[schema(max_items = 100)]
    schools: Vec<String>,
    #[schema(max_items = 100)]
    techniques: Vec<String>,
    #[schema(max_items = 100)]
    regions: Vec<String>,
    #[schema(max_items = 100)]
    client_reports: Vec<String>,
}

/// Change the words a note is offered; notes keep theirs
#[utoipa::path(tag = "notes", request_body = VocabularyAsk, params(IfMatchHeader), responses((status = 200, body = VocabularyView)))]
#[put("/note-vocabulary")]
async fn change_note_vocabulary(guard: Guard<ChangeVocabulary, (IfMatch, Json<VocabularyAsk>)>) -> Answer {
    let (IfMatch(version), Json(ask)) = guard.input.clone();
    let VocabularyAsk { schools, techniques, regions, client_reports } = ask;
    let words = Words { schools, techniques, regions, client_reports };
    let vocabulary = guard
        .write(move |tx| {
            let by = tx.actor().account().ok_or(Refusal::Unauthenticated)?;
            let change = store::vocabulary(tx)?.change(words.clone(), version, by, tx.now())?;
            tx.save(change)
        })
        .await?;
    versioned(vocabulary.version, &VocabularyView::from(vocabulary))
}
