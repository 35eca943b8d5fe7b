#include "app/warnings.hpp"

#include <fmt/format.h>

#include "app/output.hpp"

namespace snnff::app {

void Warnings::on_epoch(const EpochReport& report, const Network& network) {
    told_.resize(report.populations.size());
    for (std::size_t k = 0; k < report.populations.size(); ++k) {
        const PopulationEpoch& what = report.populations[k];
        for (const Trouble trouble : all_troubles) {
            const bool told = (told_[k] & static_cast<std::uint8_t>(trouble)) != 0;
            if (!has(what, trouble) || told) continue;
            note(fmt::format("warning: {}: {}", run_, describe(trouble, report, network, k)));
        }
        told_[k] = what.trouble;
    }
}

}  // namespace snnff::app
