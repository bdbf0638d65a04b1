//! What somebody asks for next, by chance.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Player;
use crate::histories::dice::Dice;
use crate::histories::record::{Ask, Course, Offer, Shown, Wish};

/// How many days are played with, from tomorrow on.
const DAYS: usize = 5;
/// How many requests pass before another hour of another therapist is in demand: about one for each who plays.
const DEMAND: usize = 8;

impl Player<'_> {
    pub(super) fn choose(&mut self, made: usize) -> Ask {
        let found = match self.dice.below(100) {
            0..20 => self.seen().map(|shown| self.moving(made, &shown)),
            20..38 => self.seen().map(|seen| Ask::Cancel { booking: seen.id, version: self.version(&seen) }),
            38..45 => self.pending(),
            45..52 => self.held().map(|held| self.book(held.wish, Some(held.id))),
            52..55 => self.held().map(|held| Ask::Extend { hold: held.id, version: self.version(&held) }),
            55..57 => self.held().map(|held| Ask::Release { hold: held.id, version: self.version(&held) }),
            57..67 => Some(Ask::Hold { wish: self.wish(made), key: self.key() }),
            67..70 => self.again(),
            70..75 => Some(self.course(made)),
            75..79 => self.rest(),
            79..82 => Some(self.join(made)),
            82..88 => self.answer(),
            _ => None,
        };
        found.unwrap_or_else(|| {
            let wish = self.wish(made);
            self.book(wish, None)
        })
    }

    /// At times in a room of their choice.
    fn book(&mut self, wish: Wish, hold: Option<Uuid>) -> Ask {
        let room = if hold.is_none() { self.room(&wish, None) } else { None };
        Ask::Book { wish, room, key: self.key(), hold }
    }

    /// One that is named: the one it has, or any; mostly none.
    fn room(&mut self, wish: &Wish, own: Option<Uuid>) -> Option<Uuid> {
        let rules = &self.board.play.stage.rules;
        rules.kind(wish.kind).rest?;
        match self.dice.below(6) {
            0 => own,
            1 => Some(*self.dice.pick(&rules.rooms)),
            _ => None,
        }
    }

    fn moving(&mut self, made: usize, shown: &Shown) -> Ask {
        let (therapist, start) = self.place(made);
        let team = (therapist, self.beside(therapist, shown.wish.kind));
        let same = (shown.wish.therapist, shown.wish.co) == team || therapist == shown.wish.therapist;
        let room = self.room(&shown.wish, shown.room);
        let team = (!same).then_some(team);
        Ask::Move { booking: shown.id, version: self.version(shown), team, start, room }
    }

    /// The desk's answer to what waits for one.
    fn pending(&mut self) -> Option<Ask> {
        let waiting = self.one(|shown| shown.is_pending() || shown.version % 7 == 0)?;
        if self.client.is_some() {
            return None;
        }
        let (booking, version) = (waiting.id, self.version(&waiting));
        let yes = self.dice.below(4) > 0;
        Some(if yes { Ask::Confirm { booking, version } } else { Ask::Decline { booking, version } })
    }

    /// The same again, under the same key; at times not quite.
    fn again(&mut self) -> Option<Ask> {
        let mut ask = self.earlier.clone()?;
        if let (Ask::Book { wish, .. } | Ask::Course { wish, .. }, 0) = (&mut ask, self.dice.below(4)) {
            wish.start += TimeDelta::minutes(15);
            if let Ask::Course { starts, .. } = &mut ask {
                starts[0] += TimeDelta::minutes(15);
            }
        }
        Some(ask)
    }

    /// A session on each of three to five days on end.
    fn course(&mut self, made: usize) -> Ask {
        let mut wish = self.wish(made);
        let first = 1 + self.dice.below(DAYS - 2);
        let count = 3 + self.dice.below(DAYS - 1 - first);
        let time = wish.start - self.board.play.stage.midnight(0);
        let time = minutes(usize::try_from(time.num_minutes()).unwrap() % (24 * 60));
        let starts = (first..first + count).map(|day| self.board.play.stage.midnight(day) + time);
        let starts: Vec<DateTime<Utc>> = starts.collect();
        wish.start = starts[0];
        Ask::Course { wish, starts, all: self.dice.below(2) == 0, key: self.key() }
    }

    /// What is left of a course is called off, or goes a little earlier or later, or to another day.
    fn rest(&mut self) -> Option<Ask> {
        let Course { id: course, version, sessions, .. } = self.attended()?;
        let open: Vec<_> = sessions.iter().filter(|(_, session)| session.is_open()).collect();
        let (from, session) = *self.dice.pick(&open);
        if self.dice.below(4) == 0 {
            return Some(Ask::CancelRest { course, version, from: *from });
        }
        let days = if self.dice.below(4) == 0 { 1 } else { 0 };
        let start = session.wish.start + minutes(days * 24 * 60 + 15 * self.dice.below(13)) - minutes(90);
        Some(Ask::MoveRest { course, version, from: *from, start })
    }

    /// Somebody waits for what is in demand.
    fn join(&mut self, made: usize) -> Ask {
        let Wish { client, kind, therapist, start, .. } = self.wish(made);
        let therapist = (self.dice.below(3) > 0).then_some(therapist);
        Ask::Join { client, kind, therapist, date: start.date_naive(), key: self.key() }
    }

    /// Takes an offer or lets it go, or looks whether there is any.
    fn answer(&mut self) -> Option<Ask> {
        let Some(offer) = self.offered() else { return Some(Ask::Look) };
        Some(match self.dice.below(8) {
            0..4 => Ask::Accept(offer),
            4..6 => Ask::Pass(offer),
            6 => Ask::Leave(offer),
            _ => Ask::Look,
        })
    }

    fn attended(&mut self) -> Option<Course> {
        let list = self.board.courses.lock().unwrap();
        let own: Vec<&Course> =
            list.iter().filter(|one| self.client.is_none_or(|client| one.client == client)).collect();
        (!own.is_empty()).then(|| own[self.dice.below(own.len())].clone())
    }

    fn offered(&mut self) -> Option<Offer> {
        let list = self.board.offers.lock().unwrap();
        let is_own = |offer: &&Offer| self.client.is_none_or(|client| offer.held.wish.client == client);
        let own: Vec<&Offer> = list.iter().filter(is_own).collect();
        (!own.is_empty()).then(|| own[self.dice.below(own.len())].clone())
    }

    fn held(&mut self) -> Option<Shown> {
        let list = self.board.held.lock().unwrap();
        let own: Vec<&Shown> = list.iter().filter(|shown| self.is_own(shown)).collect();
        (!own.is_empty()).then(|| own[self.dice.below(own.len())].clone())
    }

    /// A booking they may do something about; rarely one of which nothing can be made any more.
    fn seen(&mut self) -> Option<Shown> {
        self.one(|_| true)
    }

    fn one(&mut self, counts: impl Fn(&Shown) -> bool) -> Option<Shown> {
        let list = if self.dice.below(20) == 0 { &self.board.closed } else { &self.board.open };
        let list = list.lock().unwrap();
        let own: Vec<&Shown> = list.iter().filter(|shown| self.is_own(shown) && counts(shown)).collect();
        (!own.is_empty()).then(|| own[self.dice.below(own.len())].clone())
    }

    fn is_own(&self, shown: &Shown) -> bool {
        self.client.is_none_or(|client| shown.wish.client == client)
    }

    /// The version they saw; rarely another.
    fn version(&mut self, shown: &Shown) -> i64 {
        if self.dice.below(20) == 0 { shown.version + 1 } else { shown.version }
    }

    fn wish(&mut self, made: usize) -> Wish {
        let (therapist, start) = self.place(made);
        let client = self.client.unwrap_or_else(|| self.guest(made));
        let kind = self.dice.pick(&self.board.play.stage.rules.kinds).id;
        Wish { client, therapist, co: self.beside(therapist, kind), kind, start }
    }

    /// A second therapist, where there are to be two.
    fn beside(&mut self, therapist: Uuid, kind: Uuid) -> Option<Uuid> {
        let stage = self.board.play.stage;
        let others: Vec<Uuid> = stage.therapists.iter().copied().filter(|other| *other != therapist).collect();
        stage.rules.kind(kind).two.then(|| *self.dice.pick(&others))
    }

    /// For whom the desk asks: whoever is in demand, or anybody.
    fn guest(&mut self, made: usize) -> Uuid {
        let mut demand = self.demand(made);
        let source = if self.dice.below(3) == 0 { &mut demand } else { &mut self.dice };
        *source.pick(&self.board.play.stage.clients)
    }

    /// What is in demand now, for everybody the same.
    fn demand(&self, made: usize) -> Dice {
        Dice::new(self.board.play.seed, 1000 + made / DEMAND)
    }

    /// With whom and when: what is in demand, at times with another therapist; or anybody and any time; rarely a time that some rule refuses.
    fn place(&mut self, made: usize) -> (Uuid, DateTime<Utc>) {
        let stage = self.board.play.stage;
        let mut demand = self.demand(made);
        let (wanted, anybody) = (self.dice.below(100), *self.dice.pick(&stage.therapists));
        let source = if wanted < 55 { &mut demand } else { &mut self.dice };
        let (therapist, day) = (*source.pick(&stage.therapists), 1 + source.below(DAYS));
        let therapist = if wanted < 15 { anybody } else { therapist };
        let minutes = match wanted {
            0..55 => (8 + source.below(9)) * 60 + wanted % 3 * 15,
            55..92 => 8 * 60 + source.below(38) * 15,
            92..94 => return (therapist, stage.soon() + minutes(source.below(16) * 15)),
            94..96 => source.below(96) * 15,
            96..98 => 8 * 60 + source.below(120) * 5,
            _ => return (therapist, stage.midnight(88 + source.below(5)) + minutes(12 * 60)),
        };
        (therapist, stage.midnight(day) + self::minutes(minutes))
    }
}

fn minutes(count: usize) -> TimeDelta {
    TimeDelta::minutes(count.try_into().unwrap())
}
