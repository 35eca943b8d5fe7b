#include "run/plan.hpp"

#include <numeric>

namespace snnff {

std::vector<Stage> make_plan(const PlanSpec& plan, std::size_t n_populations) {
    std::vector<std::size_t> all(n_populations);
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::vector<Stage> stages;
    for (std::int64_t episode = 0; episode < plan.episodes; ++episode) {
        const std::size_t first_of_episode = stages.size();
        switch (plan.order) {
            case PlanOrder::simultaneous:
                stages.push_back({all, plan.epochs, plan.updates_per_batch, false, false});
                break;
            case PlanOrder::per_batch:
                stages.push_back({all, plan.epochs, plan.updates_per_batch, true, false});
                break;
            case PlanOrder::layer_by_layer:
                for (const std::size_t population : all) {
                    stages.push_back({{population}, plan.epochs, plan.updates_per_batch, false, false});
                }
                break;
        }
        stages[first_of_episode].begins_episode = episode > 0;
    }
    return stages;
}

Side side_of(const PlanSpec& plan, std::size_t n_batches, std::uint64_t batch) {
    if (!plan.separate_phases) return Side::both;
    const std::uint64_t batches_per_phase =
        plan.phase_updates == 0 ? n_batches
                                : static_cast<std::uint64_t>(plan.phase_updates / plan.updates_per_batch);
    return batch / batches_per_phase % 2 == 0 ? Side::positives : Side::negatives;
}

}  // namespace snnff
