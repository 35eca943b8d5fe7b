#include "engine/section.hpp"

#include <algorithm>

#include "engine/batch.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

bool joined(const Network& network, std::size_t below) {
    return network.populations[below].output == Reading::spikes;
}

/// The step that an edge looks back by, where it comes from a population that is not below its own.
std::size_t look_back(const Network& network, Section section) {
    std::size_t least = 0;
    for (std::size_t k = section.first; k <= section.last; ++k) {
        for (const Edge& edge : network.populations[k].edges) {
            if (edge.from && *edge.from >= k && (least == 0 || edge.delay_steps < least))
                least = edge.delay_steps;
        }
    }
    return least;
}

bool delays(const Network& network, Section section) {
    for (std::size_t k = section.first; k <= section.last; ++k) {
        for (const Edge& edge : network.populations[k].edges) {
            if (edge.from) return true;
        }
    }
    return false;
}

}  // namespace

Section section_of(const Network& network, std::size_t population) {
    Section section{population, population};
    const std::size_t n = network.populations.size();
    while (section.first > 0 && joined(network, section.first - 1)) --section.first;
    while (section.last + 1 < n && joined(network, section.last)) ++section.last;
    for (std::size_t k = 0; k < n; ++k) {  // edges that come from above join all between
        for (const Edge& edge : network.populations[k].edges) {
            if (!edge.from) continue;
            const auto [low, high] = std::minmax(k, *edge.from);
            if (high < section.first || low > section.last) continue;
            section.first = std::min(section.first, low);
            section.last = std::max(section.last, high);
        }
    }
    return section;
}

SectionPass::SectionPass(const Network& network, Section section, const Drive& from_below,
                         std::size_t n_samples, std::span<Activity> activities, Memory& memory,
                         std::span<const std::vector<Drive>> outside)
    : network_(network),
      section_(section),
      from_below_(from_below),
      n_samples_(n_samples),
      n_variants_(from_below.n_variants()),
      n_steps_(static_cast<std::size_t>(network.time.steps)),
      steps_at_once_(SteppedPass::steps_at_once(network.time)),
      steps_kept_(steps_at_once_),
      activities_(activities),
      members_(memory.members) {
    if (const std::size_t back = look_back(network, section); back > 0)
        steps_at_once_ = std::min(steps_at_once_, back);
    if (delays(network, section)) steps_kept_ = n_steps_;
    members_.resize(section.size());
    for (std::size_t k = section.first; k <= section.last; ++k) add(k, from_below, outside);
}

void SectionPass::add(std::size_t k, const Drive& from_below, std::span<const std::vector<Drive>> outside) {
    Memory::Member& member = members_[k - section_.first];
    const Population& to = population(k);
    member.incoming.clear();
    member.stored.clear();
    member.stored.reserve(1 + to.edges.size());  // drives point to them
    member.by_steps.reset();
    member.constant.reset();
    const auto train_of = [&](std::size_t from, std::size_t delay_steps) {
        return Drive{{},
                     &member.stored.emplace_back(activities_[from].sent_steps, n_variants_,
                                                 population(from).neuron->spiking(), delay_steps)};
    };
    const auto scaled_by = [](const std::shared_ptr<const Normalisation>& normalisation) {
        return normalisation->scales() ? normalisation.get() : nullptr;
    };
    if (k == section_.first) {
        member.incoming.push_back({from_below, &to.weight, nullptr});
    } else {
        member.incoming.push_back({train_of(k - 1, 0), &to.weight, scaled_by(to.normalisation)});
    }
    for (std::size_t e = 0; e < to.edges.size(); ++e) {
        const Edge& edge = to.edges[e];
        const Drive drive =
            edge.from ? train_of(*edge.from, edge.delay_steps) : outside[k - section_.first][e];
        member.incoming.push_back({drive, &edge.weight, edge.from ? scaled_by(edge.normalisation) : nullptr});
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
        wanted.sent_steps = m + 1 < members_.size();
        for (std::size_t to = section_.first; to <= section_.last; ++to) {
            for (const Edge& edge : population(to).edges)
                wanted.sent_steps = wanted.sent_steps || edge.from == k;
        }
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
        return forward_constant(population(section_.first), network_.time, from_below_.variants, samples,
                                members_.front().request, activities_[section_.first]);
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
        member.constant.emplace(population(k), network_.time, from_below_.variants, samples, member.request,
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
    const bool varies = k > section.first || (k == 0 && size.input_varies);
    if (section.size() == 1 && !varies) return 0;
    const std::size_t wave =
        std::min(size.n_samples, SteppedPass::wave_size(population, network.time, size.n_variants,
                                                        size.n_variants, stored_steps_budget));
    const std::size_t of_steps = k < section.last
                                     ? size.n_variants * wave * SteppedPass::steps_at_once(network.time) *
                                           population.n_units() * sizeof(float)
                                     : 0;
    return of_steps +
           (varies ? SteppedPass::memory(population, network.time, size_of_pass(k, size), request.signal)
                   : SteadySteps::memory(population, network.time, size.n_variants, wave, request));
}

std::size_t SectionPass::scratch_memory(const Network& network, std::size_t k, const Size& size) {
    const Population& population = network.populations[k];
    const bool varies = k > section_of(network, k).first || (k == 0 && size.input_varies);
    return varies ? SteppedPass::scratch_memory(population, network.time, size_of_pass(k, size))
                  : forward_scratch(population, size.n_variants);
}

}  // namespace snnff
