//! Lists users and qualities of service.

use crate::commands::filter::items;
use crate::commands::{Context, Said};
use crate::state::State;

/// sacctmgr, as far as it shows.
pub(crate) fn sacctmgr(context: &Context, state: &State) -> Said {
    let settings = &state.settings;
    if !settings.accounting {
        return Said::failed(
            "You are not running a supported accounting_storage plugin\n\
            Only 'accounting_storage/slurmdbd' is supported.",
        );
    }
    let format = context.arguments.iter().find_map(|word| word.strip_prefix("format="));
    let fields = items(format.unwrap_or("name"));
    let shows = |what: &str| context.arguments.iter().any(|word| word == what);
    let submit = settings.max_submit.map(|most| most.to_string()).unwrap_or_default();
    let value = |field: &str| match field {
        "cluster" => settings.cluster.clone(),
        "account" | "defaultaccount" => settings.account.clone(),
        "maxsubmitjobs" => submit.clone(),
        _ => String::new(),
    };
    if shows("user") || shows("assoc") {
        let line: Vec<String> = fields.iter().map(|field| value(field)).collect();
        Said::fine(format!("{}\n", line.join("|")))
    } else if shows("qos") {
        let line: Vec<&str> =
            fields.iter().map(|field| if *field == "name" { "normal" } else { "" }).collect();
        Said::fine(format!("{}\n", line.join("|")))
    } else {
        Said::failed("sacctmgr: error: the stand-in shows user, assoc and qos only")
    }
}
