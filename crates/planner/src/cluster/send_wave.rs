//! The next step of a sweep on a cluster, whoever takes it: settle what was cut off, send what waits.

use gainsweep_scheduler::environment::TaskEnvironment;
use gainsweep_scheduler::{Limits, Slurm};
use gainsweep_store::submissions::Submitted;

use super::send::{Sender, Sent};
use super::submission;
use crate::cells::view::View;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};

/// How long the small job waits at least where this one could send nothing.
const PAUSE: &str = "--begin=now+5minutes";

/// How many more tasks the cluster takes from this user now; `None` where nothing limits that.
pub(crate) fn room(slurm: &Slurm, limits: &Limits) -> Result<Option<u64>, Failure> {
    let Some(most) = limits.max_submit else { return Ok(None) };
    // One place is for the small job that sends the next wave.
    Ok(Some(most.saturating_sub(slurm.queued_tasks()? + 1)))
}

/// Sends what waits in these submissions, and, where something still waits then, a small job that goes on when the
/// first of the jobs end.
///
/// # Errors
/// As of [`Sender::send`].
pub(crate) fn send_all(sender: &Sender, view: &mut View, room: &mut Option<u64>) -> Result<Sent, Failure> {
    let mut all = Sent::default();
    let mut waiting = Vec::new();
    for index in 0..view.submitted.len() {
        let canary: Vec<_> =
            view.places.iter().filter(|(_, place)| **place == (index, 0)).map(|(cell, _)| *cell).collect();
        let done = canary.iter().all(|cell| view.folder.cell(*cell).is_done());
        let cancelled = view.is_cancelled(index);
        if cancelled {
            continue;
        }
        let waits = view.submitted[index].next_task() < view.submitted[index].submission.tasks;
        if waits && let Some((reason, count)) = view.same_error(index) {
            all.waiting += view.submitted[index].submission.tasks - view.submitted[index].next_task();
            all.because = format!(
                "{count} cells failed with the same error, so no more are sent: {}; mend what causes it, `gainsweep \
                 cancel` this and submit again",
                wording::one_line(&reason)
            );
            continue;
        }
        let sent = sender.send(&mut view.submitted[index], || done, room)?;
        if sent.waiting > 0 {
            all.because.clone_from(&sent.because);
            // A canary that is over and not done needs a person; nothing that is sent now would change it.
            if !sent.canary || !sent.jobs.is_empty() {
                waiting.push(index);
            }
        }
        all.jobs.extend(sent.jobs);
        all.waiting += sent.waiting;
    }
    follow(sender, view, &waiting, all.jobs.is_empty())?;
    Ok(all)
}

/// The small job that sends the next wave of all that wait. Not more than one of a sweep is in the queue.
/// Where nothing could be sent now, it takes its time.
fn follow(sender: &Sender, view: &View, waiting: &[usize], in_vain: bool) -> Result<(), Failure> {
    let Some(submitted) = waiting.first().map(|index| &view.submitted[*index]) else { return Ok(()) };
    let name_of = |submitted: &Submitted| format!("{}-next", submitted.submission.name);
    let names: Vec<String> = view.submitted.iter().map(name_of).collect();
    let waits = sender.slurm.queue(&names)?;
    // It may be that job itself which sends now.
    let own = TaskEnvironment::read(|name| std::env::var(name).ok());
    let own = own.is_some_and(|task| task.name.is_some_and(|name| names.contains(&name)));
    let others = waits.iter().filter(|row| row.state.is_live()).count();
    if others > usize::from(own) {
        return Ok(());
    }
    // The newest of all that were sent: when it is over there is room again.
    let jobs = view.submitted.iter().flat_map(|one| &one.jobs);
    let sent = jobs.filter_map(|job| match &job.sending {
        gainsweep_store::submissions::Sending::Sent(receipt) => Some(receipt.job),
        _ => None,
    });
    let Some(last) = sent.max() else { return Ok(()) };
    let name = name_of(submitted);
    let script = submission::next_script(sender.folder, submitted)?;
    let mut arguments = vec![
        format!("--job-name={name}").into(),
        format!("--dependency=afterany:{last}").into(),
        format!("--output={}", submission::log_pattern(sender.folder, "%x-%j.log")?).into(),
    ];
    if in_vain {
        // What it waits for may be long over: it would come again and again, as fast as Slurm starts it.
        arguments.push(PAUSE.into());
    }
    // Without it the next `status` sends the next wave.
    if let Err(error) = sender.slurm.submit(&script, &arguments) {
        screen::talk(&format!(
            "the job that would send the next wave was not accepted ({error}); `gainsweep status` sends it"
        ));
    }
    Ok(())
}
