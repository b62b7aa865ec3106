//! Tasks that ask for more than one task may have: they are sent, since only the scheduler decides, with a warning.

use gainsweep_scheduler::{Limits, QueryError, Scheduler};

use super::grouping::Group;
use super::room::KnownLimits;
use crate::screen::wording;

/// What a person should know before these groups are sent: requests above a limit, and what is not known of their
/// destinations.
///
/// # Errors
/// The scheduler does not answer.
pub(crate) fn warnings(
    scheduler: &dyn Scheduler,
    usual: &Limits,
    groups: &[Group],
) -> Result<Vec<String>, QueryError> {
    let mut known = KnownLimits::new(scheduler, usual.clone());
    let mut warnings = Vec::new();
    for group in groups {
        let limits = known.of(&group.destination())?;
        warnings.extend(limits.notes.iter().map(|note| format!("note: {note}")));
        for (resource, amount) in group.requests() {
            let above = limits.ceilings.iter().filter(|one| one.resource == resource && one.most < amount);
            if let Some(ceiling) = above.min_by_key(|one| one.most) {
                let (cells, verb) = match group.cells() {
                    1 => ("1 cell".to_string(), "requests"),
                    many => (wording::count(many, "cell"), "request"),
                };
                warnings.push(format!(
                    "warning: {cells} {verb} {} a task, and {} is {}: {} may keep such a job waiting for ever",
                    resource.amount(amount),
                    ceiling.of,
                    resource.amount(ceiling.most),
                    scheduler.name(),
                ));
            }
        }
    }
    let mut said = std::collections::HashSet::new();
    warnings.retain(|warning| said.insert(warning.clone()));
    Ok(warnings)
}
