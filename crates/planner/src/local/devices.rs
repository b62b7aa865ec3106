//! Which GPUs each slot's cells get.

use std::path::Path;

use gainsweep_contract::environment;
use gainsweep_language::GpuShare;

use crate::screen::failure::Failure;

/// The GPUs of the slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Devices {
    /// Those that the environment gives us, dealt out; none where nobody assigned any.
    AsGiven,
    /// By this variable; one list a slot.
    Slots(&'static str, Vec<String>),
}

impl Devices {
    /// The GPUs of this machine, in slots of that share.
    ///
    /// # Errors
    /// It has none, or too few for one cell.
    pub(crate) fn of_this_machine(share: Option<GpuShare>) -> Result<Devices, Failure> {
        let Some(share) = share else { return Ok(Devices::AsGiven) };
        let given = |name: &'static str| {
            let all = std::env::var(name).ok().filter(|list| !list.trim().is_empty())?;
            Some((name, all.split(',').map(|device| device.trim().to_string()).collect::<Vec<_>>()))
        };
        let [cuda, _] = environment::DEVICES;
        let (variable, devices) = environment::DEVICES
            .into_iter()
            .find_map(given)
            .unwrap_or_else(|| (cuda, found(Path::new("/dev"))));
        let slots = in_slots(&devices, share);
        if slots.is_empty() {
            let has = match devices.len() {
                0 => "this machine shows no GPU".to_string(),
                1 => "this machine shows 1 GPU".to_string(),
                many => format!("this machine shows {many} GPUs"),
            };
            return Err(Failure::user_hint(
                format!("{has}, and a cell needs more (`gpus_per_cell` below [run])"),
                format!("name them, for example {cuda}=0,1, or ask for fewer"),
            ));
        }
        Ok(Devices::Slots(variable, slots))
    }

    /// How many cells can run at a time; `None` for any number.
    pub(crate) fn slots(&self) -> Option<usize> {
        match self {
            Devices::AsGiven => None,
            Devices::Slots(_, slots) => Some(slots.len()),
        }
    }

    /// The variables that give a slot its GPUs.
    pub(super) fn of_slot(&self, slot: usize, slots: usize) -> Vec<(&'static str, String)> {
        match self {
            Devices::Slots(variable, lists) => {
                lists.get(slot).map(|list| (*variable, list.clone())).into_iter().collect()
            }
            Devices::AsGiven => {
                let part = |name| {
                    let all = std::env::var(name).ok().filter(|list| !list.trim().is_empty())?;
                    Some((name, share(&all, slot, slots)))
                };
                environment::DEVICES.into_iter().filter_map(part).collect()
            }
        }
    }
}

/// The numbers of the GPUs whose device files are there: `nvidia0`, `nvidia1`.
fn found(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |name: String| name.strip_prefix("nvidia")?.parse::<u32>().ok();
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| number(entry.file_name().into_string().ok()?)).collect();
    numbers.sort_unstable();
    numbers.iter().map(ToString::to_string).collect()
}

/// One list of GPUs a slot. Slots that share a GPU are apart, so that few cells spread over all GPUs.
fn in_slots(devices: &[String], share: GpuShare) -> Vec<String> {
    match share {
        GpuShare::Whole(count) => {
            devices.chunks_exact(count.max(1) as usize).map(|chunk| chunk.join(",")).collect()
        }
        GpuShare::Shared(cells) => (0..cells).flat_map(|_| devices.iter().cloned()).collect(),
    }
}

/// A slot's part of a list. Fewer GPUs than slots: several slots share one.
fn share(all: &str, slot: usize, slots: usize) -> String {
    let devices: Vec<&str> = all.split(',').map(str::trim).collect();
    let (count, slots) = (devices.len(), slots.max(1));
    let first = slot * count / slots;
    let end = ((slot + 1) * count / slots).max(first + 1);
    devices.get(first..end.min(count)).unwrap_or(&devices).join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_dealt_out() {
        let dealt = |all, slots| (0..slots).map(|slot| share(all, slot, slots)).collect::<Vec<_>>();
        assert_eq!(dealt("0,1,2,3", 4), ["0", "1", "2", "3"]);
        assert_eq!(dealt("0,1,2,3", 2), ["0,1", "2,3"]);
        assert_eq!(dealt("0,1,2,3", 3), ["0", "1", "2,3"]);
        assert_eq!(dealt("4,7", 4), ["4", "4", "7", "7"]);
        assert_eq!(dealt("GPU-ab", 2), ["GPU-ab", "GPU-ab"]);
        assert_eq!(dealt("0, 1", 1), ["0,1"]);
    }

    #[test]
    fn slots_have_whole_gpus_or_share_one() {
        let devices: Vec<String> = ["0", "1", "GPU-a", "3", "4"].map(String::from).to_vec();
        assert_eq!(in_slots(&devices, GpuShare::Whole(1)), devices);
        assert_eq!(in_slots(&devices, GpuShare::Whole(2)), ["0,1", "GPU-a,3"]);
        assert_eq!(in_slots(&devices[..2], GpuShare::Shared(2)), ["0", "1", "0", "1"]);
        assert!(
            in_slots(&devices, GpuShare::Whole(6)).is_empty()
                && in_slots(&[], GpuShare::Shared(2)).is_empty()
        );
    }

    #[test]
    fn gpus_are_found_by_their_device_files() {
        let place = tempfile::tempdir().expect("a folder");
        for name in ["nvidia0", "nvidia10", "nvidia2", "nvidiactl", "nvidia-uvm", "null"] {
            fs_err::write(place.path().join(name), "").expect("written");
        }
        assert_eq!(found(place.path()), ["0", "2", "10"]);
    }
}
