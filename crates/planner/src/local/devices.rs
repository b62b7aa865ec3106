//! Each of several cells that run side by side gets its part of the GPUs.

use gainsweep_contract::environment;

/// The variables that give a slot its GPUs; none where nobody assigned any.
pub(super) fn of_slot(slot: usize, slots: usize) -> Vec<(&'static str, String)> {
    let part = |name| {
        let all = std::env::var(name).ok().filter(|list| !list.trim().is_empty())?;
        Some((name, share(&all, slot, slots)))
    };
    environment::DEVICES.into_iter().filter_map(part).collect()
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
    use super::share;

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
}
