//! The tables, written once for both stores.
//!
//! Must match `migrations/`; a test compares every column of both stores with it.

#![allow(
    missing_docs,
    reason = "the table! macro writes public items without docs; columns are documented where they are made"
)]

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    accounts (id) {
        id -> Id,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        state -> Text,
        version -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    account_roles (account_id, role) {
        account_id -> Id,
        role -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    sessions (id) {
        id -> Id,
        account_id -> Id,
        created_at -> Instant,
        expires_at -> Instant,
        ended_at -> Nullable<Instant>,
        stepped_up_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    refresh_tokens (hash) {
        hash -> Binary,
        session_id -> Id,
        issued_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    one_time_tokens (id) {
        id -> Id,
        purpose -> Text,
        hash -> Binary,
        account_id -> Nullable<Id>,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    invitations (id) {
        id -> Id,
        email -> Text,
        role -> Text,
        hash -> Binary,
        invited_by -> Id,
        created_at -> Instant,
        expires_at -> Instant,
        accepted_at -> Nullable<Instant>,
        account_id -> Nullable<Id>,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    token_keys (id) {
        id -> Id,
        public_key -> Binary,
        sealed_seed -> Binary,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    idempotency_keys (account_id, operation, key) {
        account_id -> Id,
        operation -> Text,
        key -> Text,
        body_mac -> Binary,
        location -> Text,
        version -> Integer,
        answer -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    audit_events (id) {
        id -> Id,
        recorded_at -> Instant,
        actor_kind -> Text,
        account_id -> Nullable<Id>,
        role -> Nullable<Text>,
        operation -> Text,
        action -> Text,
        subject -> Text,
        subject_id -> Id,
        client_id -> Nullable<Id>,
        request_id -> Id,
        details -> Text,
        form_link_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    practices (id) {
        id -> Id,
        one -> Integer,
        name -> Text,
        contact_email -> Text,
        phone -> Nullable<Text>,
        zone -> Text,
        currency -> Text,
        cancellation_text -> Text,
        privacy_notice -> Text,
        settings -> Text,
        settings_version -> Integer,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    locations (id) {
        id -> Id,
        name -> Text,
        address_lines -> Text,
        zone -> Text,
        active -> Bool,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    therapists (id) {
        id -> Id,
        account_id -> Nullable<Id>,
        name -> Text,
        bio -> Text,
        languages -> Text,
        listed -> Bool,
        state -> Text,
        version -> Integer,
        supervisor_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    credential_types (id) {
        id -> Id,
        code -> Text,
        name -> Text,
        kind -> Text,
        issuer -> Text,
        jurisdiction -> Nullable<Text>,
        grants_adjustment -> Bool,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    credentials (id) {
        id -> Id,
        therapist_id -> Id,
        credential_type_id -> Id,
        number -> Text,
        issued_on -> Date,
        expires_on -> Nullable<Date>,
        reverify_by -> Date,
        state -> Text,
        self_attested -> Bool,
        supersedes -> Nullable<Id>,
        submitted_by -> Id,
        version -> Integer,
        created_at -> Instant,
        asserted_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    credential_assertions (id) {
        id -> Id,
        credential_id -> Id,
        kind -> Text,
        effective_on -> Date,
        recorded_at -> Instant,
        account_id -> Id,
        method -> Nullable<Text>,
        reason -> Text,
        source -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    session_types (id) {
        id -> Id,
        name -> Text,
        description -> Text,
        duration_minutes -> Integer,
        price_minor -> BigInt,
        currency -> Text,
        preparation_text -> Text,
        schools -> Text,
        requirements -> Text,
        buffer_before_minutes -> Integer,
        buffer_after_minutes -> Integer,
        increment_minutes -> Integer,
        active -> Bool,
        version -> Integer,
        room_kind -> Nullable<Text>,
        room_rest_minutes -> Integer,
        min_notice_minutes -> Nullable<Integer>,
        max_advance_days -> Nullable<Integer>,
        max_per_day -> Nullable<Integer>,
        max_per_week -> Nullable<Integer>,
        min_age_years -> Nullable<Integer>,
        max_age_years -> Nullable<Integer>,
        therapists_needed -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    clients (id) {
        id -> Id,
        account_id -> Nullable<Id>,
        name -> Text,
        name_key -> Text,
        date_of_birth -> Nullable<Date>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        version -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    guardianships (id) {
        id -> Id,
        ward_id -> Id,
        guardian_id -> Id,
        basis -> Text,
        state -> Text,
        decided_by -> Nullable<Id>,
        version -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    care_relationships (id) {
        id -> Id,
        client_id -> Id,
        therapist_id -> Id,
        kind -> Text,
        since -> Instant,
        until -> Nullable<Instant>,
        booking_id -> Nullable<Id>,
        granted_by -> Nullable<Id>,
        reason -> Nullable<Text>,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    claim_codes (hash) {
        hash -> Binary,
        client_id -> Id,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    data_keys (id) {
        id -> Id,
        client_id -> Id,
        class -> Text,
        wrapped -> Nullable<Binary>,
        master_key -> Nullable<Text>,
        created_at -> Instant,
        destroyed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    client_identities (client_id) {
        client_id -> Id,
        data_key_id -> Id,
        sealed -> Binary,
        sealed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    schedules (therapist_id) {
        therapist_id -> Id,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    working_hours (id) {
        id -> Id,
        therapist_id -> Id,
        location_id -> Id,
        weekday -> Integer,
        start_local -> Time,
        end_local -> Time,
        zone -> Text,
        effective_from -> Date,
        effective_until -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    time_off (id) {
        id -> Id,
        therapist_id -> Id,
        starts_at -> Nullable<Instant>,
        ends_at -> Nullable<Instant>,
        yearly_from -> Nullable<Text>,
        yearly_until -> Nullable<Text>,
        zone -> Nullable<Text>,
        reason -> Text,
        note -> Nullable<Text>,
        visible_to -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Id;

    rooms (id) {
        id -> Id,
        location_id -> Id,
        name -> Text,
        kind -> Text,
        active -> Bool,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Id;

    holidays (id) {
        id -> Id,
        location_id -> Nullable<Id>,
        local_date -> Date,
        yearly -> Bool,
        name -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Id;

    date_overrides (id) {
        id -> Id,
        therapist_id -> Id,
        location_id -> Id,
        local_date -> Date,
        spans -> Text,
        zone -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Id;

    day_limits (therapist_id) {
        therapist_id -> Id,
        hands_on_minutes -> Nullable<Integer>,
        in_a_row -> Nullable<Integer>,
        pause_minutes -> Integer,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Id;

    offerings (therapist_id, session_type_id) {
        therapist_id -> Id,
        session_type_id -> Id,
        price_minor -> Nullable<BigInt>,
        duration_minutes -> Nullable<Integer>,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    bookings (id) {
        id -> Id,
        client_id -> Id,
        therapist_id -> Id,
        session_type_id -> Id,
        location_id -> Nullable<Id>,
        starts_at -> Instant,
        ends_at -> Instant,
        claim_starts_at -> Instant,
        claim_ends_at -> Instant,
        local_start -> Text,
        zone -> Text,
        tz_version -> Text,
        state -> Text,
        price_minor -> BigInt,
        currency -> Text,
        reasons_key -> Nullable<Id>,
        reasons_sealed -> Nullable<Binary>,
        requested_by -> Id,
        cancel_reason -> Nullable<Text>,
        actual_starts_at -> Nullable<Instant>,
        actual_ends_at -> Nullable<Instant>,
        version -> Integer,
        created_at -> Instant,
        co_therapist_id -> Nullable<Id>,
        room_id -> Nullable<Id>,
        room_claim_ends_at -> Nullable<Instant>,
        policy -> Text,
        fee_minor -> Nullable<BigInt>,
        fee_code -> Nullable<Text>,
        source -> Text,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    zone_changes (id) {
        id -> Id,
        booking_id -> Id,
        client_id -> Id,
        therapist_id -> Id,
        local_start -> Text,
        zone -> Text,
        old_tz_version -> Text,
        new_tz_version -> Text,
        old_starts_at -> Instant,
        new_starts_at -> Nullable<Instant>,
        outcome -> Text,
        noticed_at -> Instant,
        acknowledged_by -> Nullable<Id>,
        acknowledged_at -> Nullable<Instant>,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    booking_imports (id) {
        id -> Id,
        imported_by -> Id,
        imported_at -> Instant,
        row_count -> Integer,
        created_count -> Integer,
        fingerprint -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Id;

    imported_bookings (booking_id) {
        booking_id -> Id,
        import_id -> Id,
        reference -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    booking_history (booking_id, version) {
        booking_id -> Id,
        version -> Integer,
        change -> Text,
        state -> Text,
        starts_at -> Instant,
        ends_at -> Instant,
        therapist_id -> Id,
        co_therapist_id -> Nullable<Id>,
        location_id -> Nullable<Id>,
        room_id -> Nullable<Id>,
        changed_by -> Nullable<Id>,
        changed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    booking_series (id) {
        id -> Id,
        client_id -> Id,
        therapist_id -> Id,
        session_type_id -> Id,
        cadence -> Nullable<Text>,
        requested_by -> Id,
        version -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::Id;

    booking_series_members (series_id, ordinal) {
        series_id -> Id,
        ordinal -> Integer,
        booking_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    booking_blocks (booking_id, code) {
        booking_id -> Id,
        code -> Text,
        since -> Instant,
        set_by -> Text,
        remedy -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    occupancies (id) {
        id -> Id,
        resource -> Text,
        resource_id -> Id,
        starts_at -> Instant,
        ends_at -> Instant,
        booking_id -> Nullable<Id>,
        hold_id -> Nullable<Id>,
        expires_at -> Nullable<Instant>,
        session_type_id -> Id,
        session_starts_at -> Instant,
        session_ends_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    slot_holds (id) {
        id -> Id,
        client_id -> Id,
        therapist_id -> Id,
        co_therapist_id -> Nullable<Id>,
        session_type_id -> Id,
        location_id -> Id,
        room_id -> Nullable<Id>,
        starts_at -> Instant,
        ends_at -> Instant,
        claim_starts_at -> Instant,
        claim_ends_at -> Instant,
        room_claim_ends_at -> Nullable<Instant>,
        zone -> Text,
        held_by -> Id,
        expires_at -> Instant,
        extensions -> Integer,
        state -> Text,
        ended_at -> Nullable<Instant>,
        booking_id -> Nullable<Id>,
        version -> Integer,
        created_at -> Instant,
        waitlist_entry_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    waitlist_entries (id) {
        id -> Id,
        client_id -> Id,
        session_type_id -> Id,
        therapist_id -> Nullable<Id>,
        location_id -> Nullable<Id>,
        earliest -> Date,
        latest -> Date,
        weekdays -> Integer,
        hours_from -> Nullable<Time>,
        hours_until -> Nullable<Time>,
        asked_by -> Id,
        state -> Text,
        offer_id -> Nullable<Id>,
        accepted_by -> Nullable<Text>,
        booking_id -> Nullable<Id>,
        ended_at -> Nullable<Instant>,
        version -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    freed_times (id) {
        id -> Id,
        therapist_id -> Nullable<Id>,
        starts_at -> Instant,
        ends_at -> Instant,
        created_at -> Instant,
        considered_entry_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    intake_forms (id) {
        id -> Id,
        code -> Text,
        name -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    intake_form_versions (id) {
        id -> Id,
        form_id -> Id,
        number -> Integer,
        definition -> Text,
        content_hash -> Text,
        published_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    intake_form_drafts (id) {
        id -> Id,
        form_id -> Id,
        number -> Integer,
        definition -> Text,
        version -> Integer,
        begun_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    screening_rulesets (id) {
        id -> Id,
        number -> Integer,
        document -> Text,
        content_hash -> Text,
        published_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    intake_responses (id) {
        id -> Id,
        client_id -> Id,
        booking_id -> Nullable<Id>,
        form_version_id -> Id,
        state -> Text,
        outcome -> Nullable<Text>,
        due_at -> Nullable<Instant>,
        submitted_at -> Nullable<Instant>,
        version -> Integer,
        created_at -> Instant,
        answered_by -> Nullable<Id>,
        answered_as -> Nullable<Text>,
        carried_from -> Nullable<Id>,
        attested_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    intake_answers (response_id, question) {
        response_id -> Id,
        question -> Text,
        data_key_id -> Id,
        sealed -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    screening_decisions (id) {
        id -> Id,
        response_id -> Id,
        client_id -> Id,
        ruleset_id -> Id,
        response_version -> Integer,
        outcome -> Text,
        data_key_id -> Id,
        sealed -> Binary,
        holds_from -> Nullable<Date>,
        holds_until -> Nullable<Date>,
        age_cleared -> Bool,
        decided_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    intake_reviews (response_id, response_version) {
        response_id -> Id,
        response_version -> Integer,
        reviewed_by -> Id,
        verdict -> Text,
        data_key_id -> Nullable<Id>,
        sealed -> Nullable<Binary>,
        reviewed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    clearances (id) {
        id -> Id,
        response_id -> Id,
        client_id -> Id,
        recorded_by -> Id,
        valid_from -> Date,
        valid_until -> Date,
        data_key_id -> Id,
        sealed -> Binary,
        recorded_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    session_notes (id) {
        id -> Id,
        booking_id -> Id,
        client_id -> Id,
        therapist_id -> Id,
        author_id -> Id,
        state -> Text,
        data_key_id -> Nullable<Id>,
        sealed -> Nullable<Binary>,
        planned_starts_at -> Instant,
        planned_ends_at -> Instant,
        actual_starts_at -> Nullable<Instant>,
        actual_ends_at -> Nullable<Instant>,
        date_of_service -> Date,
        version -> Integer,
        created_at -> Instant,
        signed_at -> Nullable<Instant>,
        content_hash -> Nullable<Text>,
        credentials_snapshot -> Nullable<Text>,
        corrects_id -> Nullable<Id>,
        carried -> Text,
        content_mac -> Nullable<Binary>,
        decision_snapshot -> Nullable<Text>,
        document_hash -> Nullable<Text>,
        supervisor_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    note_addenda (id) {
        id -> Id,
        note_id -> Id,
        author_id -> Id,
        data_key_id -> Id,
        sealed -> Binary,
        signed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    note_shares (note_id) {
        note_id -> Id,
        client_id -> Id,
        shared_by -> Id,
        shared_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    note_errors (note_id) {
        note_id -> Id,
        entered_by -> Id,
        data_key_id -> Id,
        sealed -> Binary,
        entered_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    note_cosignatures (note_id) {
        note_id -> Id,
        therapist_id -> Id,
        cosigned_by -> Id,
        document_hash -> Text,
        signed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    note_summaries (id) {
        id -> Id,
        note_id -> Id,
        client_id -> Id,
        author_id -> Id,
        data_key_id -> Id,
        sealed -> Binary,
        shared_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    note_siblings (id) {
        id -> Id,
        note_id -> Id,
        base_version -> Integer,
        content_mac -> Binary,
        carried -> Text,
        data_key_id -> Id,
        sealed -> Binary,
        actual_starts_at -> Nullable<Instant>,
        actual_ends_at -> Nullable<Instant>,
        kept_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    note_templates (id) {
        id -> Id,
        therapist_id -> Nullable<Id>,
        name -> Text,
        content -> Text,
        version -> Integer,
        created_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    note_vocabularies (version) {
        version -> Integer,
        words -> Text,
        changed_by -> Id,
        changed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    consent_templates (id) {
        id -> Id,
        name -> Text,
        requirement -> Text,
        session_types -> Text,
        version -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    consent_walks (template_id) {
        template_id -> Id,
        after_client_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    consent_template_versions (id) {
        id -> Id,
        template_id -> Id,
        number -> Integer,
        document -> Text,
        content_hash -> Nullable<Text>,
        published_at -> Nullable<Instant>,
        version -> Integer,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    consent_sign_offs (template_version_id) {
        template_version_id -> Id,
        clinician -> Text,
        profession -> Text,
        signed_off_on -> Date,
        recorded_by -> Id,
        recorded_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    form_links (id) {
        id -> Id,
        hash -> Binary,
        subject -> Text,
        subject_id -> Id,
        client_id -> Id,
        signer_id -> Id,
        medium -> Text,
        issued_by -> Id,
        identity_check -> Text,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
        replaced_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    consents (id) {
        id -> Id,
        client_id -> Id,
        template_id -> Id,
        template_version_id -> Id,
        presented_by -> Nullable<Id>,
        due_at -> Nullable<Instant>,
        presented_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    consent_signatures (consent_id) {
        consent_id -> Id,
        signer_id -> Id,
        meaning -> Text,
        text_hash -> Text,
        language -> Text,
        authenticated_by -> Text,
        account_id -> Nullable<Id>,
        form_link_id -> Nullable<Id>,
        identity_checked_by -> Nullable<Id>,
        identity_check -> Nullable<Text>,
        witness_id -> Nullable<Id>,
        valid_until -> Nullable<Date>,
        signed_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    consent_names (consent_id) {
        consent_id -> Id,
        name -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::types::{Id, Instant};

    consent_ends (consent_id) {
        consent_id -> Id,
        kind -> Text,
        withdrawn_by -> Nullable<Id>,
        account_id -> Nullable<Id>,
        data_key_id -> Nullable<Id>,
        sealed -> Nullable<Binary>,
        ended_at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    account_roles,
    sessions,
    refresh_tokens,
    one_time_tokens,
    invitations,
    token_keys,
    idempotency_keys,
    audit_events,
    practices,
    locations,
    therapists,
    credential_types,
    credentials,
    credential_assertions,
    session_types,
    clients,
    guardianships,
    care_relationships,
    claim_codes,
    client_identities,
    data_keys,
    schedules,
    working_hours,
    time_off,
    rooms,
    holidays,
    date_overrides,
    day_limits,
    offerings,
    bookings,
    booking_blocks,
    booking_history,
    zone_changes,
    booking_imports,
    imported_bookings,
    booking_series,
    booking_series_members,
    occupancies,
    slot_holds,
    waitlist_entries,
    freed_times,
    intake_forms,
    intake_form_versions,
    intake_form_drafts,
    screening_rulesets,
    intake_responses,
    intake_answers,
    screening_decisions,
    intake_reviews,
    clearances,
    session_notes,
    note_addenda,
    note_shares,
    note_errors,
    note_cosignatures,
    note_summaries,
    note_siblings,
    note_templates,
    note_vocabularies,
    consent_templates,
    consent_walks,
    consent_template_versions,
    consent_sign_offs,
    form_links,
    consents,
    consent_signatures,
    consent_names,
    consent_ends,
);
