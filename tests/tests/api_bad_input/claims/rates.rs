//! Inputs 68 to 70: exchange rates, and versions of code systems.

use assent_types::claim::{CodeRef, FxLock, LockPoint};
use assent_types::codesystem::{RegisterCodeMap, RegisterCodeSystem, code_map_id_of};
use assent_types::fixing::{PublishFixing, WithdrawFixing, fixing_id_of};
use assent_types::{CodeMapId, FixingId, Set, Text};

use super::*;
use crate::network::{INSURER_AND_ORACLE, execute_cosigned};

const ORACLE: OrgId = OrgId(8);
const CODER: OrgId = OrgId(10);

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text.to_owned()).unwrap()
}

/// One Hong Kong dollar costs `num / 10,000` renminbi.
fn rate(num: u64) -> PublishFixing {
    let now = assent_client::now_ms();
    PublishFixing {
        base: Currency::Hkd,
        quote: Currency::Cny,
        num,
        den: 10_000,
        source: text("central parity"),
        fixing_day: Day(u32::try_from(now / DAY_MS).unwrap()),
        valid_from: Millis(0),
        valid_to: Millis(now + 2 * DAY_MS),
    }
}

fn publish(fixing: PublishFixing) -> Action {
    Action::PublishFixing(Box::new(fixing))
}

impl World<'_> {
    pub(super) async fn rates(&self) {
        let case = self.case(INSURER).await;
        self.done(HOSPITAL, self.bill(0xf0, hkd(1_000))).await;
        let named = |ccy, fixing| {
            let mut terms = self.terms(case, 0xf0, hkd(1_000));
            terms.fx = Some(FxLock { ccy, at: LockPoint::ServiceEnd, fixing: Some(fixing) });
            self.submit(terms)
        };
        let fx = ErrorCode::Fx;
        let unknown = FixingId(Hash32([0xf1; 32]));
        self.refused(HOSPITAL, named(Currency::Cny, unknown), fx, 68, "fixing that is missing").await;
        let nothing = publish(PublishFixing { den: 0, ..rate(9_200) });
        self.refused(ORACLE, nothing, fx, 68, "fixing with nothing as denominator").await;
        self.stale(case).await;
        let fixing = fixing_id_of(&self.done(ORACLE, publish(rate(9_200))).await);
        let beyond = publish(rate(9_700));
        let input = "move of more than the band without a counter-signature";
        self.refused(ORACLE, beyond, ErrorCode::FxBand, 69, input).await;
        self.done(ORACLE, Action::WithdrawFixing(WithdrawFixing { fixing })).await;
        self.refused(HOSPITAL, named(Currency::Cny, fixing), fx, 68, "fixing that was withdrawn").await;
        self.by_a_party().await;
        self.versions(case).await;
    }

    /// The latest fixing is of a day long ago.
    async fn stale(&self, case: CaseId) {
        let old = PublishFixing { fixing_day: Day(rate(1).fixing_day.0 - 10), ..rate(9_200) };
        self.done(ORACLE, publish(old)).await;
        self.done(HOSPITAL, self.bill(0xf1, hkd(1_000))).await;
        let mut terms = self.terms(case, 0xf1, hkd(1_000));
        terms.fx = Some(FxLock { ccy: Currency::Cny, at: LockPoint::Decision, fixing: None });
        let claim = self.in_review(INSURER, terms).await;
        let approve = self.approve(claim, 0xf1, hkd(1_000));
        self.refused(INSURER, approve, ErrorCode::Fx, 68, "fixing that is stale").await;
    }

    /// The claim's insurer publishes rates itself.
    async fn by_a_party(&self) {
        let own = PublishFixing { base: Currency::Usd, quote: Currency::Hkd, ..rate(78_000) };
        let fixing = fixing_id_of(&self.done(INSURER_AND_ORACLE, publish(own)).await);
        let case = self.case(INSURER_AND_ORACLE).await;
        self.done(HOSPITAL, self.bill(0xf2, hkd(1_000))).await;
        let mut terms = self.terms(case, 0xf2, hkd(1_000));
        terms.fx = Some(FxLock { ccy: Currency::Usd, at: LockPoint::ServiceEnd, fixing: Some(fixing) });
        self.refused(HOSPITAL, self.submit(terms), ErrorCode::Fx, 68, "fixing that a party published").await;
    }

    async fn reviewed(&self, action: Action) -> TxHash {
        let reviewers = [self.key(OrgId(4)), self.key(HOSPITAL)];
        let reviewers: Vec<&SecretKey> = reviewers.iter().collect();
        execute_cosigned(&self.client, &self.key(CODER), action, &reviewers).await.receipt.tx
    }

    async fn version(&self, system: u32, ended: bool) -> CodeRef {
        let system = CodeRef { system, version: 1 };
        let register = RegisterCodeSystem {
            system,
            name: text("a code system"),
            version: text("1"),
            publisher: text("its publisher"),
            content: Hash32([0xf3; 32]),
            effective_from: Millis(0),
            effective_to: ended.then_some(Millis(1_600_000_000_000)),
            licence: text("open"),
        };
        self.reviewed(Action::RegisterCodeSystem(Box::new(register))).await;
        system
    }

    async fn versions(&self, case: CaseId) {
        let (live, other, third) =
            (self.version(71, false).await, self.version(72, false).await, self.version(73, false).await);
        let over = self.version(74, true).await;
        let effective = Millis(assent_client::now_ms() + 31 * DAY_MS);
        let map = RegisterCodeMap {
            src: live,
            dst: other,
            content: Hash32([0xf4; 32]),
            rows: 2,
            many_to_one: true,
            effective,
        };
        let map = code_map_id_of(&self.reviewed(Action::RegisterCodeMap(Box::new(map))).await);
        let cited = |codes: &[CodeRef], map: Option<CodeMapId>| {
            let mut terms = self.terms(case, 0xf0, hkd(1_000));
            (terms.codes, terms.code_map) = (Set::new(codes.iter().copied()).unwrap(), map);
            self.submit(terms)
        };
        let code = ErrorCode::CodeVersion;
        let unknown = CodeRef { system: 71, version: 9 };
        self.refused(HOSPITAL, cited(&[unknown], None), code, 70, "version that is not registered").await;
        self.refused(HOSPITAL, cited(&[over], None), code, 70, "version that ended before the services").await;
        self.refused(HOSPITAL, cited(&[live, third], Some(map)), code, 70, "map of other versions").await;
        let early = cited(&[live, other], Some(map));
        self.refused(HOSPITAL, early, code, 70, "map that is not in force yet").await;
    }
}
