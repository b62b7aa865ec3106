//! Slurm's reasons why a job waits or ended, in plain words.

/// Prefixes of Slurm's reasons, and their meaning. The longest match counts, so `QOSMaxJobsPerUserLimit` is
/// found before `QOS`.
const TABLE: &[(&str, &str)] = &[
    ("AccountNotAllowed", "this account may not use the partition"),
    ("AccountingPolicy", "held back by a limit of the accounting"),
    ("ArrayTaskLimit", "waits for other tasks of its array, as its throttle says"),
    ("Assoc", "held back by a limit of your account"),
    ("AssocGrp", "your account has reached its limit on running jobs"),
    ("AssocGrpCPUMinutes", "your account has used up its processor time"),
    ("AssocGrpCpuLimit", "your account uses all the processors it may at once"),
    ("AssocGrpJobsLimit", "your account runs as many jobs as it may"),
    ("AssocGrpMem", "your account uses all the memory it may at once"),
    ("AssocGrpNode", "your account uses all the nodes it may at once"),
    ("AssocGrpSubmitJobsLimit", "your account has as many jobs in the queue as it may"),
    ("AssocGrpWall", "your account has used up its time"),
    ("AssocMaxCpu", "requests more processors than your account may use"),
    ("AssocMaxJobsLimit", "you run as many jobs as your account lets you"),
    ("AssocMaxMem", "requests more memory than your account may use"),
    ("AssocMaxNode", "requests more nodes than your account may use"),
    ("AssocMaxSubmitJobLimit", "you have as many jobs in the queue as your account lets you"),
    ("AssocMaxWallDuration", "requests more time than your account may use"),
    ("AssociationJobLimit", "you run as many jobs as your account lets you"),
    ("AssociationResourceLimit", "your account uses all it may at once"),
    ("AssociationTimeLimit", "your account has used up its time"),
    ("BadConstraints", "requests what no node has; it will never run"),
    ("BeginTime", "waits for its start time, after a requeue for a moment"),
    ("BootFail", "its node did not start"),
    ("BurstBuffer", "waits for fast storage"),
    ("Cleaning", "was requeued; its last run is being cleaned up"),
    ("Constraints", "waits for nodes with the requested features"),
    ("DeadLine", "cannot end before its deadline"),
    ("Dependency", "waits for another job"),
    ("DependencyNeverSatisfied", "waits for a job that ended differently; it will never run"),
    ("FedJobLock", "waits for the federation of clusters"),
    ("FrontEndDown", "no front end is up"),
    ("InactiveLimit", "was idle for too long"),
    ("InvalidAccount", "its account is not valid"),
    ("InvalidQOS", "its quality of service is not valid"),
    ("JobArrayTaskLimit", "waits for other tasks of its array, as its throttle says"),
    ("JobHeldAdmin", "held by the administrators"),
    ("JobHeldUser", "held by you"),
    ("JobHoldMaxRequeue", "held, as it was requeued too often"),
    ("JobLaunchFailure", "could not be started or was killed: look at its log"),
    ("job requeued in held state", "was requeued and is held"),
    ("launch failed requeued held", "could not be started and is held"),
    ("Licenses", "waits for a licence"),
    ("MaxBillingPerAccount", "your account uses all it may at once"),
    ("MaxCpuPerAccount", "your account uses all the processors it may at once"),
    ("MaxGRESPerAccount", "your account uses all the devices it may at once"),
    ("MaxJobsPerAccount", "your account runs as many jobs as it may"),
    ("MaxMemPerAccount", "your account uses all the memory it may at once"),
    ("MaxMemPerLimit", "requests more memory than is allowed"),
    ("MaxNodePerAccount", "your account uses all the nodes it may at once"),
    ("MaxSubmitJobsPerAccount", "your account has as many jobs in the queue as it may"),
    ("NodeDown", "a node that it needs is down"),
    ("NonZeroExitCode", "its program failed"),
    ("Nodes required for job are DOWN", "nodes that it needs are down, drained or reserved"),
    ("OutOfMemory", "used more memory than requested"),
    ("PartitionConfig", "requests more than the partition has; it may never run"),
    ("PartitionDown", "the partition is closed"),
    ("PartitionInactive", "the partition is switched off"),
    ("PartitionNodeLimit", "requests more nodes than the partition allows; it may never run"),
    ("PartitionTimeLimit", "requests more time than the partition allows; it will not run"),
    ("Priority", "waits for jobs of higher priority"),
    ("Prolog", "its node is being prepared"),
    ("QOS", "held back by a limit of its quality of service"),
    ("QOSGrp", "its quality of service uses all it may at once"),
    ("QOSGrpCpuLimit", "its quality of service uses all the processors it may at once"),
    ("QOSGrpJobsLimit", "its quality of service runs as many jobs as it may"),
    ("QOSGrpMem", "its quality of service uses all the memory it may at once"),
    ("QOSGrpNode", "its quality of service uses all the nodes it may at once"),
    ("QOSGrpSubmitJobsLimit", "its quality of service has as many jobs in the queue as it may"),
    ("QOSJobLimit", "its quality of service runs as many jobs as it may"),
    ("QOSMaxCpuPer", "requests more processors than its quality of service allows, or you use all you may"),
    ("QOSMaxGRESPer", "requests more devices than its quality of service allows, or you use all you may"),
    ("QOSMaxJobsPerUserLimit", "you run as many jobs as the quality of service lets you"),
    ("QOSMaxMemory", "requests more memory than its quality of service allows"),
    ("QOSMaxMemPer", "requests more memory than its quality of service allows, or you use all you may"),
    ("QOSMaxNodePer", "requests more nodes than its quality of service allows, or you use all you may"),
    ("QOSMaxSubmitJobPerUserLimit", "you have as many jobs in the queue as the quality of service lets you"),
    ("QOSMaxWallDurationPerJobLimit", "requests more time than its quality of service allows"),
    ("QOSMinGRES", "requests fewer devices than its quality of service demands"),
    ("QOSNotAllowed", "its quality of service may not be used here"),
    ("QOSResourceLimit", "its quality of service uses all it may at once"),
    ("QOSTimeLimit", "its quality of service has used up its time"),
    ("QOSUsageThreshold", "its quality of service has used more than its share"),
    ("RaisedSignal", "was ended by a signal"),
    ("ReqNodeNotAvail", "a node that it needs is down, drained or reserved"),
    ("Reservation", "waits for its reservation"),
    ("ReservationDeleted", "its reservation is gone; it will never run"),
    ("Resources", "waits for free nodes"),
    ("SchedDefer", "the scheduler will look at it later"),
    ("SystemFailure", "a failure of the system ended it"),
    ("TimeLimit", "reached its time limit"),
    ("TooManyRequests", "Slurm is busy"),
    ("Node failure", "its node failed"),
    ("user env retrieval failed", "your login environment could not be read; it is held"),
    ("WaitingForScheduling", "not yet considered by the scheduler"),
];

/// What a person must do about a job for which nothing happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Let it go.
    Release,
    /// Ask those who hold it.
    Administrators,
    /// Let its processes continue.
    Resume,
    /// Send it anew, with other settings.
    Anew,
}

/// States and beginnings of reasons that no waiting ends.
const STUCK: &[(&str, Remedy)] = &[
    ("JobHeldUser", Remedy::Release),
    ("JobHeldAdmin", Remedy::Administrators),
    ("JobHoldMaxRequeue", Remedy::Release),
    ("launch failed requeued held", Remedy::Release),
    ("job requeued in held state", Remedy::Release),
    ("user env retrieval failed", Remedy::Release),
    ("REQUEUE_HOLD", Remedy::Release),
    ("SPECIAL_EXIT", Remedy::Release),
    ("RESV_DEL_HOLD", Remedy::Anew),
    ("SUSPENDED", Remedy::Resume),
    ("STOPPED", Remedy::Resume),
    ("AccountNotAllowed", Remedy::Anew),
    ("AssocMaxWallDuration", Remedy::Anew),
    ("BadConstraints", Remedy::Anew),
    ("DeadLine", Remedy::Anew),
    ("DependencyNeverSatisfied", Remedy::Anew),
    ("InvalidAccount", Remedy::Anew),
    ("InvalidQOS", Remedy::Anew),
    ("MaxMemPerLimit", Remedy::Anew),
    ("PartitionNodeLimit", Remedy::Anew),
    ("PartitionTimeLimit", Remedy::Anew),
    ("QOSMaxMemory", Remedy::Anew),
    ("QOSMaxWallDurationPerJobLimit", Remedy::Anew),
    ("QOSMinGRES", Remedy::Anew),
    ("QOSNotAllowed", Remedy::Anew),
    ("ReservationDeleted", Remedy::Anew),
];

impl Remedy {
    /// As a sentence.
    pub(super) fn words(self, job: &str) -> String {
        match self {
            Remedy::Release => format!("`scontrol release {job}` lets it go"),
            Remedy::Administrators => "ask the administrators why they hold it".into(),
            Remedy::Resume => format!("`scontrol resume {job}` lets it continue"),
            Remedy::Anew => "change `[slurm]`, then `gainsweep cancel` and `submit`".into(),
        }
    }
}

/// The remedy for a job in this state and with this reason, if it needs one.
pub(super) fn remedy(state: &str, reason: &str) -> Option<Remedy> {
    let begins = |text: &str, known: &str| {
        let word = text.trim().trim_start_matches('(');
        word.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known))
    };
    let fits = |(known, _): &&(&str, Remedy)| begins(reason, known) || state.eq_ignore_ascii_case(known);
    STUCK.iter().find(fits).map(|(_, remedy)| *remedy)
}

/// The plain words for one of Slurm's reasons; the text follows "waiting:" or stands alone. Unknown reasons
/// stay unchanged. The first part counts of remarks (`ReqNodeNotAvail, UnavailableNodes:node1`) and joined
/// reasons (`JobArrayTaskLimit,BeginTime`).
pub(super) fn in_words(reason: &str) -> &str {
    if reason == "None" {
        return "";
    }
    let word = reason.trim().trim_start_matches('(');
    TABLE
        .iter()
        .filter(|(known, _)| word.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)))
        .max_by_key(|(known, _)| known.len())
        .map_or(reason, |(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_that_fits_counts() {
        let table = [
            ("Priority", "waits for jobs of higher priority"),
            ("Resources", "waits for free nodes"),
            ("JobArrayTaskLimit,BeginTime", "waits for other tasks of its array, as its throttle says"),
            (
                "ReqNodeNotAvail, UnavailableNodes:node[1-3]",
                "a node that it needs is down, drained or reserved",
            ),
            ("QOSMaxJobsPerUserLimit", "you run as many jobs as the quality of service lets you"),
            ("QOSSomethingNew", "held back by a limit of its quality of service"),
            ("DependencyNeverSatisfied", "waits for a job that ended differently; it will never run"),
            ("Frobnication", "Frobnication"),
            ("None", ""),
            ("", ""),
            ("\u{e9}\u{e9}\u{e9}", "\u{e9}\u{e9}\u{e9}"),
        ];
        for (reason, expected) in table {
            assert_eq!(in_words(reason), expected, "{reason}");
        }
    }

    #[test]
    fn no_word_stands_twice() {
        for (at, (word, words)) in TABLE.iter().enumerate() {
            assert!(TABLE[..at].iter().all(|(earlier, _)| earlier != word), "{word}");
            assert!(!words.ends_with('.'), "{word}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".*") {
            let _ = in_words(&text);
        }
    }
}
