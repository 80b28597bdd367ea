//! From shares to whole units, within the same limits to the unit.

/// Validators that share a cap, and the units that they can have at most.
#[derive(Clone, Debug)]
pub struct UnitCap {
    pub members: Vec<usize>,
    pub most: u64,
}

/// Whole units near `shares` of `total`: their sum is the total, each is within `bounds`, and no cap is exceeded. `None` if
/// rounding finds none.
pub fn round(shares: &[f64], total: u64, [least, most]: [u64; 2], caps: &[UnitCap]) -> Option<Vec<u64>> {
    let exact: Vec<f64> = shares.iter().map(|share| share * total as f64).collect();
    // Not negative, and below the total.
    let mut units: Vec<u64> = exact.iter().map(|exact| (exact.floor() as u64).clamp(least, most)).collect();
    let mut caps_of = vec![vec![]; units.len()];
    for (index, cap) in caps.iter().enumerate() {
        cap.members.iter().for_each(|member| caps_of[*member].push(index));
    }
    let above = |units: &[u64], index: usize| units[index] as f64 - exact[index];
    // Minimums may have lifted some beyond their share: others give units, those first that are furthest above their share.
    let all = UnitCap { members: (0..units.len()).collect(), most: total };
    for UnitCap { members, most } in caps.iter().chain([&all]) {
        let mut sum: u64 = members.iter().map(|member| units[*member]).sum();
        while sum > *most {
            let can_give = members.iter().copied().filter(|member| units[*member] > least);
            let giver = can_give.max_by(|left, right| above(&units, *left).total_cmp(&above(&units, *right)))?;
            units[giver] -= 1;
            sum -= 1;
        }
    }
    let mut room: Vec<u64> =
        caps.iter().map(|cap| cap.most - cap.members.iter().map(|member| units[*member]).sum::<u64>()).collect();
    let mut missing = total - units.iter().sum::<u64>();
    while missing > 0 {
        let mut order: Vec<usize> = (0..units.len()).collect();
        order.sort_by(|left, right| above(&units, *left).total_cmp(&above(&units, *right)));
        let before = missing;
        for index in order {
            if missing > 0 && units[index] < most && caps_of[index].iter().all(|cap| room[*cap] > 0) {
                units[index] += 1;
                missing -= 1;
                caps_of[index].iter().for_each(|cap| room[*cap] -= 1);
            }
        }
        if missing == before {
            return None;
        }
    }
    Some(units)
}
