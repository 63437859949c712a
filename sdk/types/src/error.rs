//! The closed, numbered list of errors that reach users.
//!
//! Numbers are part of receipts and therefore hashed; texts never are. A number is never given a second meaning.
//! Groups: 1xx envelope, 2xx identity, 3xx consent, 4xx documents, 5xx access sessions, 6xx claims, 7xx FHIR and money,
//! 8xx capabilities, 9xx query.

use std::fmt;

/// Declares the errors: number, stable name, and what a user should do.
macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $name:literal $hint:literal,)+) => {
        /// A numbered error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant = $number,)+
        }

        impl ErrorCode {
            /// Every error, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The number, as it stands in receipts.
            pub const fn number(self) -> u16 {
                self as u16
            }

            /// The error with this number.
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What to do about it.
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)+ }
            }
        }
    };
}

errors! {
    /// Truncated, over-long or trailing bytes.
    Decode = 101 "E_DECODE" "encode the transaction with the SDK; nothing may follow it",
    /// A set that does not ascend strictly.
    NonCanonical = 102 "E_NON_CANONICAL" "sort sets and remove repeats",
    /// For another chain.
    WrongChain = 103 "E_CHAIN_ID" "use the chain id of this network's genesis",
    /// A signature that does not verify, or of a key the ledger does not know.
    BadSignature = 104 "E_BAD_SIG" "sign with the named key; register the key first",
    /// The idempotency key was used for another transaction.
    Idempotency = 105 "E_IDEMPOTENCY" "take a new idempotency key for a new transaction",
    /// Expired, or an expiry too far ahead.
    Expired = 106 "E_TX_EXPIRED" "set expires_at at most ten minutes after the latest block's time",
    /// Over the size limit, or a list over its bound.
    TooLarge = 107 "E_TOO_LARGE" "split the transaction; limits stand in the reference",
    /// An unknown code, or one that is not allowed yet.
    UnknownCode = 108 "E_UNKNOWN_CODE" "use the codes of this protocol version",
    /// The node takes no more transactions of this organisation at the moment.
    Quota = 109 "E_QUOTA" "wait for receipts of earlier transactions, then submit again",
    /// Key revoked, outside its window, or without the usage.
    KeyUsage = 201 "E_KEY_USAGE" "sign with a live key of the right usage",
    /// The organisation is not active.
    OrgStatus = 202 "E_ORG_STATUS" "ask the regulator about the organisation's status",
    /// The signer's role may not do this.
    Role = 203 "E_ROLE" "let an organisation or person with the right role sign",
    /// An administrator without a live delegation of the party for which it acts.
    Delegation = 204 "E_DELEGATION" "let the insurer or provider sign itself, or delegate first",
    /// An insurer or provider without the licence or accreditation for this.
    NotLicensed = 205 "E_NOT_LICENSED" "obtain the licence or accreditation first",
    /// A vote that does not count: of no member, of a suspended one, a second time, or too few to ratify.
    Vote = 206 "E_VOTE" "let active members of the chambers that decide vote, each once or with another answer",
    /// A change of power that the limits of validator power do not allow.
    PowerCap = 207 "E_POWER_CAP" "propose a smaller change, or change other validators first; see the limits of power",
    /// An emergency that the same regulator imposes again too soon.
    EmergencyRepeat = 208 "E_EMERGENCY_REPEAT" "ratify by vote, let another regulator decide, or wait until the bar ends",
    /// A proposal or measure that the present state does not allow.
    Proposal = 209 "E_PROPOSAL" "read the present state, then propose what it allows",
    /// The subject is not registered, or registered already.
    Subject = 210 "E_SUBJECT" "register the subject's pseudonym and key once",
    /// Bytes that should say nothing of anybody spell text or the number of an identity document.
    LooksLikeId = 211 "E_LOOKS_LIKE_ID" "put a salted or keyed hash there; the ledger keeps no text and no number of a person",
    /// A key that the ledger knows already, or without proof of possession.
    KeyExists = 212 "E_KEY" "use a fresh key and sign its proof of possession",
    /// Stopped by an emergency measure of the regulators.
    Halted = 213 "E_HALTED" "wait until the regulators lift the measure or it lapses",
    /// The mandate lacks the operation, has expired or was revoked.
    Mandate = 301 "E_MANDATE" "use a live mandate that lists the operation",
    /// A mandate of a lower-priority kind without evidence that no higher one exists.
    MandatePriority = 302 "E_MANDATE_PRIORITY" "add the evidence no_higher_priority",
    /// The end is not after the beginning, or has passed.
    Window = 303 "E_WINDOW" "set exp after nbf and in the future",
    /// An empty purpose, category, grantee, action or place set.
    EmptyAxis = 304 "E_EMPTY_AXIS" "name at least one purpose, category, grantee, action and place",
    /// A separate consent that the law requires is missing.
    SeparateConsent = 305 "E_SEPARATE_CONSENT" "obtain the separate consents and their evidence",
    /// The transfer basis does not cover the places.
    BasisPlace = 306 "E_BASIS_PLACE" "use a transfer basis that covers both places",
    /// Not the head of the lineage, or not in a state that allows this.
    NotHead = 307 "E_NOT_HEAD" "read the consent's current version and state, then try again",
    /// A proxy widens a consent beyond the mandate.
    Widen = 308 "E_WIDEN" "narrow the consent, or let the subject sign",
    /// Not the subject, a proxy or an attester of the grant.
    NotGrantor = 309 "E_NOT_GRANTOR" "let the subject or a proxy sign",
    /// The subject holds too many live consents with this controller.
    ConsentLimit = 310 "E_CONSENT_LIMIT" "revoke consents that are no longer needed",
    /// A suspension without an order, without an end, too long, or of a dissent.
    Suspension = 311 "E_SUSPENSION" "name the order and an end within the limit; a dissent cannot be suspended",
    /// A document that would be stored without encryption.
    EncRequired = 401 "E_ENC_REQUIRED" "encrypt the document and name the AEAD suite; coding is no encryption",
    /// Code parameters, shard roots, custody or residency that the rules of storage do not allow.
    Coding = 402 "E_CODING" "use a listed code, one root and one custodian per shard, and spread the shards as the rules say",
    /// A custodian of the document that is also one of its key holders.
    RoleOverlap = 403 "E_ROLE_OVERLAP" "choose custodians outside the keyset",
    /// A version whose predecessor is not the head, or that changes subject, controller or number.
    Lineage = 404 "E_LINEAGE" "correct the head of the lineage, with the next version number",
    /// Not the author of the document.
    NotAuthor = 405 "E_NOT_AUTHOR" "let the author sign",
    /// A document that the law, a hold or an open claim keeps.
    Hold = 406 "E_HOLD" "wait until its retention, every hold and every claim that cites it are over",
    /// An answer to a challenge that is late, for another stripe, or of what the custodian destroyed.
    Possession = 407 "E_POSSESSION" "answer in time, for the stripe that was drawn, while the shard is kept",
    /// The document is not in a state that allows this.
    DocumentState = 408 "E_DOCUMENT_STATE" "read the document's current state, then try again",
    /// A deposit with another controller without the subject's consent to it.
    Deposit = 409 "E_DEPOSIT" "obtain the subject's deposit consent first",
    /// Holders or threshold that make no keyset.
    Keyset = 410 "E_KEYSET" "name key holders that agree by co-signing, one in the controller's jurisdiction, and a threshold they reach",
    /// A result that may not be recognised, or a repeated test without a reason.
    Recognition = 411 "E_RECOGNITION" "accept valid results of accredited laboratories; say why a test was repeated",
    /// A custodian without room.
    StorageFull = 420 "E_STORAGE_FULL" "let the custodian make room, then go on with the upload: what is stored stays",
    /// A shard that its custodian does not hold.
    ShardMissing = 421 "E_SHARD_MISSING" "read other shards, and order the repair of this one",
    /// Bytes that do not hash to the anchored root.
    ShardDamaged = 422 "E_SHARD_DAMAGED" "send or read the anchored bytes; order the repair of a shard that is damaged where it is kept",
    /// Fewer good shards than suffice.
    TooFewShards = 423 "E_TOO_FEW_SHARDS" "ask the named custodians, and order repairs while enough shards are left",
    /// A part of a document's key that is missing, or is not the committed one.
    KeyPart = 424 "E_KEY_PART" "ask the named holders; a wrong part is evidence against whoever gave it",
    /// Documents of two subjects or two controllers in one request.
    MixedRequest = 501 "E_MIXED_REQUEST" "ask for each subject and controller on its own",
    /// The session is not permitted, or not any more.
    NoLivePermit = 502 "E_NO_LIVE_PERMIT" "release and serve nothing; the requester asks for access again",
    /// The session's time has passed.
    Ttl = 503 "E_TTL" "ask for access again",
    /// Not a holder of this key part, or it has released it already.
    NotKeyHolder = 504 "E_NOT_KEYHOLDER" "let each listed holder release its own part once",
    /// A shard that is not this custodian's, is there already, or whose root is another one.
    Shard = 505 "E_SHARD" "name each shard that the ledger assigns to this custodian once, with its anchored root",
    /// Not the requester of the session.
    NotRequester = 506 "E_NOT_REQUESTER" "let the requester sign",
    /// The session is not in a state that allows this.
    SessionState = 507 "E_SESSION_STATE" "read the session's current state, then try again",
    /// The subject has too many open sessions with this controller.
    SessionLimit = 508 "E_SESSION_LIMIT" "wait until open sessions have been served or expire",
    /// A link of pseudonyms that exists already, links one to itself, or is one too many of its case.
    Link = 509 "E_LINK" "link two different pseudonyms of a case once",
    /// A justification, notice or finding without its record, or a review that is not in a state that allows it.
    Review = 510 "E_REVIEW" "read the review's current state; name the evidence or the order",
    /// A log root of a day that is not over, or that is not after the last one.
    LogRoot = 511 "E_LOG_ROOT" "file one root for each day, in order, once the day is over",
    /// A bill that is not registered, was voided, or is another provider's.
    Bill = 601 "E_BILL" "cite bills that the case's provider registered and that stand",
    /// The insurer has a claim on this bill already.
    Duplicate = 602 "E_DUPLICATE" "file a correction that names the earlier claim",
    /// More would be allocated on a bill than its total.
    OverAllocated = 603 "E_OVER_ALLOCATED" "approve at most what the bill has left",
    /// More would be approved than is claimed.
    OverClaimed = 604 "E_OVER_CLAIMED" "approve at most what is claimed",
    /// More would be approved, or guaranteed, than the preauthorisation has left.
    OverPreauth = 605 "E_OVER_PA" "approve or guarantee at most what the preauthorisation has left",
    /// A preauthorisation or guarantee that does not fit: another party's or case's, over, or for other services.
    PreauthMismatch = 606 "E_PA_MISMATCH" "cite a live preauthorisation or accepted guarantee of these parties that covers the service",
    /// Not in a state that allows this.
    State = 607 "E_STATE" "read the object's current state, then try again",
    /// Something was disallowed under a guarantee of payment for a reason that such a guarantee rules out.
    GuaranteeDenial = 608 "E_GOP_DENIAL_REASON" "give only FRAUD_FINDING, EXCLUDED_SERVICE, OVER_CAP, NOT_RENDERED or CODING_ERROR",
    /// A denial that no person reviewed.
    AutoDenial = 609 "E_AUTO_DENIAL" "let a person review the denial",
    /// A document that may not support the claim: unknown, not active, of another subject, or without a consent now.
    AttachConsent = 610 "E_ATTACH_CONSENT" "obtain the subject's consent for this insurer, then attach the document",
    /// Documents that the minimisation matrix does not allow to ask for, or one round of questions too many.
    Minimisation = 611 "E_MINIMISATION" "ask only for categories that the minimisation matrix lists, in few rounds",
    /// An appeal after its window, one too many, or decided by whoever decided before.
    Appeal = 612 "E_APPEAL" "appeal within the window and the number of appeals; let another person decide it",
    /// A decision that takes back what was approved before.
    Reformatio = 613 "E_REFORMATIO" "approve at least what was approved before; less takes a clawback",
    /// A share of basic medical insurance in an international service.
    BmiNotAllowed = 614 "E_BMI_NOT_ALLOWED" "international services have no share of basic medical insurance",
    /// Not exactly the amount that is due.
    PayAmount = 615 "E_PAY_AMOUNT" "name exactly the amount that is payable or was instructed",
    /// A payment is under way already.
    SettlementLive = 616 "E_ST_LIVE" "wait until the payment under way has ended",
    /// A clawback of more than is settled, after its window, or while an appeal is open.
    Clawback = 617 "E_CLAWBACK" "ask back at most what is settled, in time, and once no appeal is open",
    /// A bill is registered by its issuer alone.
    BillIssuer = 618 "E_BILL_ISSUER" "let the provider that issued the bill register it",
    /// The nullifier is in use.
    Nullifier = 619 "E_NULLIFIER" "each bill is registered once, under its own nullifier",
    /// A settlement list whose fees do not add up to its bill.
    FeeTotal = 620 "E_FEE_TOTAL" "let the fees of the settlement list add up to the bill's total",
    /// Filed too late, or for services in the future.
    FilingWindow = 621 "E_FILING_WINDOW" "file after the services begin and within the filing period",
    /// Too many claims cite the bill.
    BillClaims = 622 "E_BILL_CLAIMS" "let earlier claims on the bill be rejected first",
    /// A decision without reasons, or with reasons where nothing is disallowed.
    Reason = 623 "E_REASON" "give the reasons for what is disallowed",
    /// The bank is not designated for the currency.
    Bank = 624 "E_BANK" "name a settlement bank that is designated for the currency",
    /// An unknown currency, one that is not settled here, or two in one sum.
    Currency = 701 "E_CURRENCY" "use one currency of this network for bill, claim and payment",
    /// More decimals than the currency has.
    Precision = 702 "E_PRECISION" "state amounts in whole minor units; nothing is rounded",
    /// An amount of nothing or above the limit, or a sum that does not fit.
    AmountOverflow = 703 "E_AMOUNT_OVERFLOW" "state amounts above nothing and within the limit, or split the claim",
    /// Amounts that do not add up.
    Unbalanced = 704 "E_UNBALANCED" "let the parts add up to the whole",
    /// No fixing in force: missing, stale, withdrawn, not a rate, or published by a party.
    Fx = 705 "E_FX" "wait for a fixing of this pair by an oracle that is no party",
    /// A fixing that moves beyond the band without a counter-signature.
    FxBand = 706 "E_FX_BAND" "let another oracle or a regulator co-sign the fixing",
    /// A code system or map that was not live at the time of service, or is for other versions.
    CodeVersion = 707 "E_CODE_VERSION" "cite the versions in force at the time of service, and the map between them with both",
    /// A FHIR element that the ledger cannot express.
    FhirUnsupported = 711 "E_FHIR_UNSUPPORTED" "remove or change the named element",
    /// Not a valid FHIR resource.
    FhirInvalid = 712 "E_FHIR_INVALID" "correct the named element",
    /// A reference or value that the resource lacks.
    FhirMissing = 713 "E_FHIR_MISSING" "supply the named element or its mapping",
    /// A claim code outside its window, or one that would live too long.
    CodeWindow = 801 "E_CODE_WINDOW" "let the subject issue a new code; it lives for minutes and its case for at most the network's limit",
    /// A claim code for another provider.
    CodeAudience = 802 "E_CODE_AUDIENCE" "let the subject issue a code for this provider",
    /// A presentation for another provider, facility, terminal or time, or not signed by the code's holder.
    Presentation = 803 "E_PRESENTATION" "let the holder present the code to this terminal's challenge",
    /// A claim code, or its nonce, that was redeemed or revoked.
    CodeSpent = 804 "E_CODE_SPENT" "let the subject issue a new code",
    /// Outside what the case allows: its operations, its cap or its time.
    Capability = 805 "E_CAPABILITY" "let the subject open a case that allows it, or sign itself",
    /// A regulator's query by pseudonym without a declared look-up.
    NoLookup = 901 "E_NO_LOOKUP" "declare the lawful look-up of this pseudonym on the ledger first",
    /// The reader is not a party.
    Acl = 902 "E_ACL" "ask the subject, the controller or a regulator",
    /// A range without a bound or over it.
    Limit = 903 "E_LIMIT" "ask for a smaller range and page on",
    /// No valid token of a key the ledger knows.
    Token = 904 "E_TOKEN" "make a token for this node with a live key",
    /// Nothing under this name.
    NotFound = 905 "E_NOT_FOUND" "check the identifier; it may not be final yet",
    /// The node is not ready.
    Unavailable = 906 "E_UNAVAILABLE" "try again or ask another node",
    /// Malformed request.
    BadRequest = 907 "E_REQUEST" "correct the named field",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E{} {}", self.number(), self.name())
    }
}

impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
