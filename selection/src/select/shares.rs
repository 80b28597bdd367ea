//! Shares within bounds and caps, as close to the formula's as they can be.
//!
//! Dykstra's algorithm for the Kullback–Leibler divergence: limits are applied in turn, each undoing its own earlier scaling
//! first. It converges to the shares nearest to the formula's that meet all limits, if any do. Within a capped group, shares
//! keep their proportions. Only products, quotients and sums: the result is the same on every machine.

/// Largest violation of a limit that rounding settles.
const TOLERANCE: f64 = 1e-10;

const MAX_SWEEPS: u32 = 20_000;

/// Validators that share a cap.
#[derive(Clone, Debug)]
pub struct Capped {
    pub members: Vec<usize>,
    pub cap: f64,
}

/// Shares from formula shares (positive, sum 1). `None` if no shares meet all limits.
pub fn shares(formula: &[f64], [least, most]: [f64; 2], capped: &[Capped]) -> Option<Vec<f64>> {
    let mut shares = formula.to_vec();
    let mut own = vec![1.0; shares.len()];
    let mut scales = vec![1.0; capped.len()];
    for _ in 0..MAX_SWEEPS {
        let mut violation: f64 = 0.0;
        for (Capped { members, cap }, scale) in capped.iter().zip(&mut scales) {
            let sum: f64 = members.iter().map(|index| shares[*index]).sum();
            violation = violation.max(sum - cap);
            let next = (cap * *scale / sum).min(1.0);
            members.iter().for_each(|index| shares[*index] *= next / *scale);
            *scale = next;
        }
        for (share, scale) in shares.iter_mut().zip(&mut own) {
            violation = violation.max(*share - most).max(least - *share);
            let free = *share / *scale;
            let bounded = free.clamp(least, most);
            (*share, *scale) = (bounded, bounded / free);
        }
        let sum: f64 = shares.iter().sum();
        violation = violation.max((sum - 1.0).abs());
        if violation <= TOLERANCE {
            return Some(shares);
        }
        shares.iter_mut().for_each(|share| *share /= sum);
        if shares.iter().any(|share| !share.is_finite() || *share <= 0.0) {
            return None;
        }
    }
    None
}
