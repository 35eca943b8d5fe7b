#include "engine/section.hpp"

#include <algorithm>

#include "engine/batch.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

/// Calls `use` with each population of a section and each edge into it that comes from within the section.
template <class Use>
void for_edges_within(const Network& network, Section section, const Use& use) {
    for (std::size_t k = section.first; k <= section.last; ++k) {
        for (const Edge& edge : network.populations[k].edges) {
            if (section.holds(edge.from)) use(k, edge);
        }
    }
}

/// Whether steps that were taken before the last are looked back at, and the least number of steps that an
/// edge looks back by where it comes from a population that is not below its own: 0 without one.
struct Delays {
    bool any = false;
    std::size_t least = 0;
};
Delays delays_of(const Network& network, Section section) {
    Delays delays;
    for_edges_within(network, section, [&](std::size_t to, const Edge& edge) {
        if (edge.delay_steps == 0) return;
        delays.any = true;
        if (*edge.from >= to && (delays.least == 0 || edge.delay_steps < delays.least))
            delays.least = edge.delay_steps;
    });
    return delays;
}

}  // namespace

Section section_of(const Network& network, std::size_t population) {
    Section section{population, population};
    for (bool grows = true; grows;) {
        grows = false;
        for (std::size_t k = 0; k < network.populations.size(); ++k) {
            for (const Edge& edge : network.populations[k].edges) {
                if (!by_step(network, edge)) continue;
                const auto [low, high] = std::minmax(k, *edge.from);  // it joins all between
                if (high < section.first || low > section.last) continue;
                grows = grows || low < section.first || high > section.last;
                section.first = std::min(section.first, low);
                section.last = std::max(section.last, high);
            }
        }
    }
    return section;
}

bool driven_by_step(const Network& network, std::size_t population, bool input_varies) noexcept {
    return (population == 0 && input_varies) ||
           std::ranges::any_of(network.populations[population].edges,
                               [&](const Edge& edge) { return by_step(network, edge); });
}

SectionPass::SectionPass(const Network& network, Section section, std::span<const Drive> outside,
                         std::size_t n_samples, std::span<Activity> activities, Memory& memory)
    : network_(network),
      section_(section),
      n_samples_(n_samples),
      n_variants_(outside.front().n_variants()),
      n_steps_(static_cast<std::size_t>(network.time.steps)),
      steps_at_once_(SteppedPass::steps_at_once(network.time)),
      steps_kept_(steps_at_once_),
      activities_(activities),
      members_(memory.members) {
    const Delays delays = delays_of(network, section);
    if (delays.least > 0) steps_at_once_ = std::min(steps_at_once_, delays.least);
    if (delays.any) steps_kept_ = n_steps_;
    members_.resize(section.size());
    for (std::size_t k = section.first; k <= section.last; ++k) add(k, outside);
}

/// `outside`: those that are left are for this population and the next; it takes its own.
void SectionPass::add(std::size_t k, std::span<const Drive>& outside) {
    Memory::Member& member = members_[k - section_.first];
    const Population& to = population(k);
    member.incoming.clear();
    member.stored.clear();
    member.stored.reserve(to.edges.size());  // drives point to them
    member.by_steps.reset();
    member.constant.reset();
    for (const Edge& edge : to.edges) {
        if (section_.holds(edge.from)) {
            const StoredSteps& train =
                member.stored.emplace_back(activities_[*edge.from].sent_steps, n_variants_,
                                           population(*edge.from).neuron->spiking(), edge.delay_steps);
            member.incoming.push_back({{{}, &train},
                                       &edge.weight,
                                       edge.normalisation->scales() ? edge.normalisation.get() : nullptr});
        } else {
            member.incoming.push_back({outside.front(), &edge.weight, nullptr});
            outside = outside.subspan(1);
        }
    }
    if (member.incoming.size() > 1 || !member.incoming.front().drive.constant()) {
        member.by_steps.emplace(to, network_.time, std::span<const Incoming>(member.incoming),
                                member.of_steps);
    }
}

bool SectionPass::alone() const noexcept {
    return members_.size() == 1 && !members_.front().by_steps && members_.front().request.watch == nullptr;
}

void SectionPass::request(std::span<const ForwardRequest> requests) {
    for (std::size_t m = 0; m < members_.size(); ++m) {
        const std::size_t k = section_.first + m;
        ForwardRequest& wanted = members_[m].request = requests[m];
        wanted.sent_steps = false;
        for_edges_within(network_, section_, [&](std::size_t, const Edge& edge) {
            wanted.sent_steps = wanted.sent_steps || edge.from == k;
        });
        if (!alone()) activities_[k].squares.clear();
        wanted.output = wanted.output && k == section_.last && population(k).output != Reading::spikes;
        if (!members_[m].by_steps) {
            make_room(population(k), n_variants_, n_samples_, wanted, activities_[k],
                      alone() && wanted.output);
            continue;
        }
        if (wanted.output) shape(activities_[k].output, n_variants_, n_samples_, population(k).n_units());
    }
}

std::size_t SectionPass::wave_end(std::size_t first) const noexcept {
    if (alone()) return n_samples_;
    std::size_t wave = n_samples_;
    for (std::size_t m = 0; m < members_.size(); ++m) {
        const Population& population = this->population(section_.first + m);
        std::size_t n_bases = 0;
        for (const Incoming& each : members_[m].incoming)
            n_bases = std::max(n_bases, each.drive.constant() ? 1 : each.drive.source->n_bases());
        wave = std::min(wave, SteppedPass::wave_size(population, network_.time, n_variants_, n_bases,
                                                     stored_steps_budget));
    }
    return SteppedPass::wave_end(first, wave, n_samples_);
}

void SectionPass::forward(Range samples) {
    if (alone()) {
        return forward_constant(population(section_.first), network_.time, constant_input(members_.front()),
                                samples, members_.front().request, activities_[section_.first]);
    }
    for (std::size_t k = section_.first; k <= section_.last; ++k) begin(k, samples);
    for (std::size_t step = 0; step < n_steps_; step += steps_at_once_) {
        const Range steps{step, std::min(steps_at_once_, n_steps_ - step)};
        for (std::size_t k = section_.first; k <= section_.last; ++k) advance(k, samples, steps);
    }
    for (Memory::Member& member : members_) member.by_steps ? member.by_steps->end() : member.constant->end();
}

void SectionPass::begin(std::size_t k, Range samples) {
    Memory::Member& member = members_[k - section_.first];
    if (member.by_steps) {
        member.by_steps->begin(samples.first, samples.count, member.request, activities_[k]);
    } else {
        member.constant.emplace(population(k), network_.time, constant_input(member), samples, member.request,
                                activities_[k], member.of_constant);
    }
}

void SectionPass::advance(std::size_t k, Range samples, Range steps) {
    Memory::Member& member = members_[k - section_.first];
    Activity& activity = activities_[k];
    const std::size_t n_units = population(k).n_units();
    const Range kept = steps_kept_ == steps_at_once_ ? steps : Range{0, n_steps_};
    if (member.request.sent_steps) shape(activity.sent_steps, n_variants_, samples, kept, n_units);
    if (member.request.watch != nullptr) {
        for (StepValues* of :
             {&activity.watched.current, &activity.watched.membrane, &activity.watched.emitted})
            shape(*of, n_variants_, samples, steps, n_units);
    }
    member.by_steps ? member.by_steps->advance(steps) : member.constant->advance(steps);
    if (member.request.watch != nullptr) show(k, samples, steps);
}

/// To who watches, step by step.
void SectionPass::show(std::size_t k, Range samples, Range steps) const {
    Watched& watched = activities_[k].watched;
    for (std::size_t v = 0; v < n_variants_; ++v) {
        for (std::size_t s = samples.first; s < samples.first + samples.count; ++s) {
            for (std::size_t step = steps.first; step < steps.first + steps.count; ++step) {
                const auto row = [&](StepValues& of) {
                    const auto values = of.row(v, s, step);
                    return MatrixView(values.data(), 1, values.size());
                };
                StepView view{};
                view.current = row(watched.current);
                view.membrane = row(watched.membrane);
                view.emitted = row(watched.emitted);
                view.step = static_cast<std::int64_t>(step);
                (*members_[k - section_.first].request.watch)(v, s, view);
            }
        }
    }
}

void SectionPass::backward(std::size_t k, std::span<const std::vector<double>> slope) {
    members_[k - section_.first].by_steps->backward(slope);
}

void SectionPass::backward(std::size_t k, Range samples, ConstMatrixView by_sent) {
    Memory::Member& member = members_[k - section_.first];
    if (member.by_steps) return member.by_steps->backward({&by_sent, 1});
    if (member.constant) return member.constant->backward({&by_sent, 1});
    const MatrixView signal = activities_[k].signal.front().view().rows(samples.first, samples.count);
    for_blocks(samples.count, 16, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s)
            kernels::active().multiply(by_sent.row(s).data(), by_sent.cols(), signal.row(s).data());
    });
}

void SectionPass::hand_down(std::size_t k, Range samples, const TurnedWeights& weight,
                            MatrixView by_received) const {
    const Memory::Member& member = members_[k - section_.first];
    if (member.by_steps) return member.by_steps->hand_down(weight, by_received);
    const ConstMatrixView signal =
        ConstMatrixView(activities_[k].signal.front()).rows(samples.first, samples.count);
    for_blocks(samples.count, rows_handed_down, [&](std::size_t first, std::size_t count) {
        weight.hand_down(signal.rows(first, count), by_received.rows(first, count));
    });
}

SteppedPass& SectionPass::finish(std::size_t k) {
    SteppedPass& pass = *members_[k - section_.first].by_steps;
    pass.finish();
    return pass;
}

namespace {

SteppedPass::Size size_of_pass(std::size_t k, const SectionPass::Size& size) {
    return {size.n_variants, k == 0 ? 1 : size.n_variants, k == 0 ? size.n_changed : 0, size.n_samples};
}

}  // namespace

std::size_t SectionPass::memory(const Network& network, std::size_t k, const Size& size,
                                const ForwardRequest& request) {
    const Section section = section_of(network, k);
    const Population& population = network.populations[k];
    const bool varies = driven_by_step(network, k, size.input_varies);
    if (section.size() == 1 && !varies && request.watch == nullptr) return 0;
    const std::size_t wave =
        std::min(size.n_samples, SteppedPass::wave_size(population, network.time, size.n_variants,
                                                        size.n_variants, stored_steps_budget));
    const std::size_t of_step = size.n_variants * wave * population.n_units() * sizeof(float);
    const std::size_t n_values = (k < section.last ? 1 : 0) + (request.watch != nullptr ? 3 : 0);  // Watched
    return n_values * SteppedPass::steps_at_once(network.time) * of_step +
           (varies ? SteppedPass::memory(population, network.time, size_of_pass(k, size), request.signal)
                   : SteadySteps::memory(population, network.time, size.n_variants, wave, request));
}

std::size_t SectionPass::scratch_memory(const Network& network, std::size_t k, const Size& size) {
    const Population& population = network.populations[k];
    return driven_by_step(network, k, size.input_varies)
               ? SteppedPass::scratch_memory(population, network.time, size_of_pass(k, size))
               : forward_scratch(population, size.n_variants);
}

}  // namespace snnff
