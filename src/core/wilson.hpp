#pragma once

namespace snnff {

/// What a share that was counted may be, in percent.
struct Interval {
    double low, high;
};

/// The 95 % Wilson score interval of k among n samples, in percent.
///
///   (k + z²/2 ± z·sqrt(k·(n − k)/n + z²/4)) / (n + z²),   z = 1.959964
///
/// It speaks of the samples that were drawn: another seed of the network is not in it. NaN where n is 0.
/// Source: Wilson, J. Am. Stat. Assoc. 22:209 (1927); Brown, Cai & DasGupta, Stat. Sci. 16:101 (2001).
Interval wilson_95(double k, double n) noexcept;

}  // namespace snnff
