//! The limits of a cluster and its accounting.

use std::time::Duration;

use super::Slurm;
use super::ceilings::{Ceilings, Level};
use super::program::{ID, SACCTMGR, SCONTROL};
use crate::command::words;
use crate::{Destination, Limits, QueryError};

/// Slurm's own default of `MaxArraySize`.
const DEFAULT_MAX_ARRAY_SIZE: u32 = 1001;

/// Slurm's own default of `MessageTimeout`.
const DEFAULT_MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Accounts are not nested deeper.
const MOST_ACCOUNTS: usize = 8;

impl Slurm {
    /// Those of a destination, answer by answer. What cannot be asked becomes a note.
    ///
    /// # Errors
    /// The controller does not answer.
    pub(super) fn ask_for_limits(&self, destination: &Destination) -> Result<Limits, QueryError> {
        let mut collected = Collected::of_config(&self.ask(SCONTROL, &words(["show", "config"]))?.stdout);
        let mut qualities: Vec<(Level, String)> = Vec::new();
        match self.ask(SCONTROL, &words(["--oneliner", "show", "partition"])) {
            Ok(answer) => {
                let quality = collected.add_partition(&answer.stdout, destination.partition.as_deref());
                qualities.extend(quality.map(|name| (Level::PartitionQuality, name)));
            }
            Err(error) => collected.note(format!("partitions: {error}")),
        }
        match self.associations() {
            Ok(text) => {
                let (account, default) = collected.add_associations(&text, destination.account.as_deref());
                let quality = destination.quality.clone().or(default);
                qualities.extend(quality.map(|name| (Level::Quality, name)));
                self.add_parents(&mut collected, account);
            }
            Err(error) => {
                collected.note(format!("cannot query the limits of your account: {error}"));
                return Ok(collected.finish());
            }
        }
        if !qualities.is_empty() {
            let fields = "format=name,maxsubmitjobsperuser,maxsubmitjobsperaccount,grpsubmitjobs,\
                          maxwall,maxtresperjob,maxtresperuser,grptres";
            match self.ask(SACCTMGR, &words(["--noheader", "--parsable2", "show", "qos", fields])) {
                Ok(answer) => collected.add_qualities(&answer.stdout, &qualities),
                Err(error) => collected.note(format!("cannot query qualities of service: {error}")),
            }
        }
        Ok(collected.finish())
    }

    fn associations(&self) -> Result<String, QueryError> {
        let name = self.ask(ID, &words(["-un"]))?.stdout.trim().to_string();
        let fields = "format=cluster,defaultaccount,account,partition,maxsubmitjobs,grpsubmitjobs,defaultqos,\
                      maxwall,maxtresperjob,grptres";
        let whom = format!("name={name}");
        let arguments = ["--noheader", "--parsable2", "show", "user", "where", &whom, "withassoc", fields];
        Ok(self.ask(SACCTMGR, &words(arguments))?.stdout)
    }

    /// Adds the limits that hold for everybody in an account, and in the accounts above it.
    fn add_parents(&self, collected: &mut Collected, account: Option<String>) {
        let mut next = account;
        for _ in 0..MOST_ACCOUNTS {
            let Some(account) = next else { return };
            let fields = "format=cluster,account,user,parentname,grpsubmitjobs,grptres";
            let whose = format!("account={account}");
            let arguments =
                ["--noheader", "--parsable2", "show", "association", "where", &whose, "user=", fields];
            next = match self.ask(SACCTMGR, &words(arguments)) {
                Ok(answer) => collected.add_account(&answer.stdout, &account),
                Err(error) => {
                    collected.note(format!("cannot query the limits of account {account}: {error}"));
                    None
                }
            };
        }
    }
}

/// Limits, collected answer by answer.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) limits: Limits,
    /// The partition of the question, or the cluster's default.
    partition: Option<String>,
    pub(super) cluster: Option<String>,
    ceilings: Ceilings,
}

impl Collected {
    /// Reads `scontrol show config`.
    pub(super) fn of_config(text: &str) -> Collected {
        let value = |name: &str| {
            text.lines().find_map(|line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == name).then(|| value.trim().to_string())
            })
        };
        let mut notes = Vec::new();
        let number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
        let size = number("MaxArraySize");
        let seconds = value("MessageTimeout").and_then(|text| text.split_whitespace().next()?.parse().ok());
        let late = seconds.map_or(DEFAULT_MESSAGE_TIMEOUT, Duration::from_secs);
        let max_array_size = size.map(|size| u32::try_from(size).unwrap_or(u32::MAX));
        if max_array_size.is_none() {
            notes
                .push(format!("the cluster does not report MaxArraySize; assuming {DEFAULT_MAX_ARRAY_SIZE}"));
        }
        let max_array_size = max_array_size.unwrap_or(DEFAULT_MAX_ARRAY_SIZE);
        Collected {
            // Nobody has more jobs in the queue than the whole cluster.
            limits: Limits {
                max_array_size,
                max_submit: number("MaxJobCount"),
                late,
                notes,
                ..Limits::default()
            },
            partition: None,
            cluster: value("ClusterName"),
            ceilings: Ceilings::default(),
        }
    }

    /// Reads `scontrol -o show partition`: the named partition or the default. Returns its quality of
    /// service.
    pub(super) fn add_partition(&mut self, text: &str, partition: Option<&str>) -> Option<String> {
        let value = |line: &str, name: &str| {
            line.split_whitespace()
                .find_map(|word| word.strip_prefix(name)?.strip_prefix('=').map(String::from))
        };
        let chosen = text.lines().find(|line| match partition {
            Some(partition) => value(line, "PartitionName").as_deref() == Some(partition),
            None => value(line, "Default").as_deref() == Some("YES"),
        })?;
        let name = value(chosen, "PartitionName");
        let [time, nodes] = ["MaxTime", "MaxNodes"].map(|limit| value(chosen, limit));
        self.ceilings.add_partition(name.as_deref().unwrap_or_default(), time.as_deref(), nodes.as_deref());
        self.partition = name;
        value(chosen, "QoS").filter(|name| name != "N/A" && name != "(null)")
    }

    /// Reads the user's associations: lines of cluster, default account, account, partition, `MaxSubmitJobs`,
    /// `GrpSubmitJobs`, default quality of service, `MaxWall`, `MaxTRES`, `GrpTRES`. Returns the account of the matching one, and its default quality
    /// of service.
    pub(super) fn add_associations(
        &mut self,
        text: &str,
        account: Option<&str>,
    ) -> (Option<String>, Option<String>) {
        let partition = self.partition.clone().unwrap_or_default();
        let mut quality = None;
        let mut found = None;
        for line in text.lines() {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let [
                cluster,
                default_account,
                its_account,
                its_partition,
                max_submit,
                group_submit,
                default_quality,
                wall,
                tres,
                group_tres,
            ] = fields[..]
            else {
                continue;
            };
            let ours = self.cluster.as_deref().is_none_or(|name| name == cluster)
                && its_account == account.unwrap_or(default_account)
                && (its_partition.is_empty() || its_partition == partition);
            if ours {
                found = Some(its_account.to_string());
                self.lower_submit(max_submit);
                self.lower_submit(group_submit);
                let whose = format!("your association with account {its_account}");
                self.ceilings.add_wall(Level::Association, wall, &whose);
                self.ceilings.add_tres("MaxTRES", Level::Association, tres, &whose);
                self.ceilings.add_tres("GrpTRES", Level::Association, group_tres, &whose);
                quality = Some(default_quality).filter(|name| !name.is_empty()).map(String::from).or(quality);
            }
        }
        if found.is_none() {
            let whom =
                account.map_or_else(|| "your default account".to_string(), |name| format!("account {name}"));
            self.limits.notes.push(format!("accounting has no association of yours with {whom}"));
        }
        (found, quality)
    }

    /// Reads the association of an account itself: lines of cluster, account, user, parent, `GrpSubmitJobs`,
    /// `GrpTRES`. Returns the account above it.
    pub(super) fn add_account(&mut self, text: &str, account: &str) -> Option<String> {
        let mut above = None;
        for line in text.lines() {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let [cluster, its_account, "", parent, group_submit, group_tres] = fields[..] else { continue };
            if its_account == account && self.cluster.as_deref().is_none_or(|name| name == cluster) {
                self.lower_submit(group_submit);
                let whose = format!("account {account}");
                self.ceilings.add_tres("GrpTRES", Level::Association, group_tres, &whose);
                above = Some(parent).filter(|name| !name.is_empty()).map(String::from);
            }
        }
        above
    }

    /// Reads qualities of service: lines of name, `MaxSubmitJobsPerUser`, `MaxSubmitJobsPerAccount`,
    /// `GrpSubmitJobs`, `MaxWall`, `MaxTRES`, `MaxTRESPerUser`, `GrpTRES`. Those of the named ones count.
    pub(super) fn add_qualities(&mut self, text: &str, names: &[(Level, String)]) {
        for line in text.lines() {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let [name, a_user, an_account, all, wall, tres, user_tres, group_tres] = fields[..] else {
                continue;
            };
            for (level, _) in names.iter().filter(|(_, wanted)| wanted == name) {
                for limit in [a_user, an_account, all] {
                    self.lower_submit(limit);
                }
                let whose = format!("quality of service {name}");
                self.ceilings.add_wall(*level, wall, &whose);
                for (limit, text) in
                    [("MaxTRES", tres), ("MaxTRESPerUser", user_tres), ("GrpTRES", group_tres)]
                {
                    self.ceilings.add_tres(limit, *level, text, &whose);
                }
            }
        }
    }

    /// All of it.
    pub(super) fn finish(self) -> Limits {
        Limits { ceilings: self.ceilings.finish(), ..self.limits }
    }

    /// Adds a failed question.
    pub(super) fn note(&mut self, note: String) {
        self.limits.notes.push(note);
    }

    fn lower_submit(&mut self, text: &str) {
        if let Ok(limit) = text.parse::<u64>() {
            self.limits.max_submit = Some(self.limits.max_submit.map_or(limit, |known| known.min(limit)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "Configuration data as of 2026-01-01T00:00:00\n\
        ClusterName             = local\n\
        MaxArraySize            = 1001\n\
        MaxJobCount             = 10000\n\
        MinJobAge               = 60 sec\n\
        SLURM_VERSION           = 22.05.8\n";
    const PARTITIONS: &str = "PartitionName=main AllowGroups=ALL Default=YES QoS=N/A DefaultTime=NONE MaxTime=UNLIMITED\n\
        PartitionName=short Default=NO QoS=quick DefaultTime=00:10:00 MaxTime=01:00:00 TRES=cpu=8,mem=8000M\n";

    #[test]
    fn a_real_configuration_is_read() {
        let collected = Collected::of_config(CONFIG);
        assert_eq!((collected.limits.max_array_size, collected.cluster.as_deref()), (1001, Some("local")));
        assert_eq!(collected.limits.notes, Vec::<String>::new());
        assert_eq!(Collected::of_config("").limits.notes.len(), 1);
    }

    #[test]
    fn the_partition_asked_for_or_the_default_counts() {
        let mut collected = Collected::of_config(CONFIG);
        assert_eq!(collected.add_partition(PARTITIONS, None), None);
        assert_eq!(collected.partition.as_deref(), Some("main"));
        assert_eq!(collected.add_partition(PARTITIONS, Some("short")).as_deref(), Some("quick"));
        assert_eq!(collected.partition.as_deref(), Some("short"));
    }

    #[test]
    fn the_smallest_limit_counts() {
        let mut collected = Collected::of_config(CONFIG);
        collected.add_partition(PARTITIONS, Some("short"));
        let associations = "local|root|test||5||normal|||\n\
            local|root|root||2000||normal|1-00:00:00|cpu=8,mem=4G|\n\
            local|root|root|other|3||x|||\n\
            elsewhere|root|root||1||x|||\n";
        assert_eq!(
            collected.add_associations(associations, None),
            (Some("root".into()), Some("normal".into()))
        );
        assert_eq!(collected.limits.max_submit, Some(2000));
        let qualities = "normal|500||9000|02:00:00|||node=1\nhigh|1|1|1||||\n";
        collected.add_qualities(qualities, &[(Level::Quality, "normal".into())]);
        assert_eq!(collected.limits.max_submit, Some(500));
        let accounts = "local|lab|anna|root|1|\nelsewhere|lab|||1|\nlocal|lab||root|300|cpu=4\n";
        assert_eq!(collected.add_account(accounts, "lab").as_deref(), Some("root"));
        assert_eq!(collected.limits.max_submit, Some(300));
        assert_eq!(collected.add_account("local|root||||\n", "root"), None);
        assert_eq!(collected.limits.notes.len(), 0);
        collected.add_associations(associations, Some("nobody"));
        assert_eq!(collected.limits.notes, ["accounting has no association of yours with account nobody"]);
        let ceilings: Vec<String> =
            collected.finish().ceilings.iter().map(|one| format!("{} {}", one.most, one.of)).collect();
        assert_eq!(
            ceilings,
            [
                "60 MaxTime of partition short",
                "8 MaxTRES of your association with account root",
                "4096 MaxTRES of your association with account root",
                "120 MaxWall of quality of service normal",
                "1 GrpTRES of quality of service normal",
                "4 GrpTRES of account lab",
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "([A-Za-z|=0-9: \n]){0,80}|(.|\n)*") {
            let mut limits = Collected::of_config(&text);
            limits.add_partition(&text, None);
            limits.add_associations(&text, None);
            limits.add_account(&text, "");
            limits.add_qualities(&text, &[(Level::Quality, String::new())]);
            limits.finish();
        }
    }
}
