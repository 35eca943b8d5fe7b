#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/activity.hpp"
#include "engine/steady_steps.hpp"
#include "engine/stepped_pass.hpp"
#include "engine/stored_steps.hpp"
#include "engine/turned_weights.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Populations that a presentation takes through its steps together, since edges by step join them; or one
/// alone. What comes over other edges comes from outside.
struct Section {
    std::size_t first = 0, last = 0;
    std::size_t size() const noexcept { return last + 1 - first; }
    bool holds(std::optional<std::size_t> population) const noexcept {
        return population && *population >= first && *population <= last;
    }
};
/// The one that `population` is in.
Section section_of(const Network& network, std::size_t population);
/// Whether what comes into a population varies from step to step. `input_varies`: data do.
bool driven_by_step(const Network& network, std::size_t population, bool input_varies) noexcept;

/// A batch on its way through a section, wave by wave and, within a wave, chunk by chunk of its steps: every
/// step of every population is taken once.
class SectionPass {
  public:
    /// Kept from batch to batch.
    class Memory {
        friend class SectionPass;
        struct Member {
            std::vector<StoredSteps> stored;      // of edges from within the section, in their order
            std::vector<Incoming> incoming;       // [edge]
            std::optional<SteppedPass> by_steps;  // else its current is constant
            std::optional<SteadySteps> constant;
            ForwardRequest request;
            SteppedPass::Memory of_steps;
            SteadySteps::Memory of_constant;
        };
        std::vector<Member> members;  // [population of the section]
    };
    /// `outside`: what comes over the edges that do not come from within the section, population by
    /// population and edge by edge; so the first drive is what the first population gets from below.
    /// Activities are [population of the network].
    SectionPass(const Network& network, Section section, std::span<const Drive> outside,
                std::size_t n_samples, std::span<Activity> activities, Memory& memory);

    /// What is asked of each population of the section; `sent_steps` is asked for where another one needs it.
    void request(std::span<const ForwardRequest> requests);
    /// The end of a wave that begins with sample `first`: all samples, where no step needs to be seen.
    std::size_t wave_end(std::size_t first) const noexcept;
    void forward(Range samples);
    /// Whether a population goes step by step with slopes that walk back; else its signals are in its
    /// activity.
    bool walks_back(std::size_t population) const noexcept {
        return members_[population - section_.first].by_steps.has_value();
    }
    /// See SteppedPass.
    void backward(std::size_t population, std::span<const std::vector<double>> slope);
    SteppedPass& finish(std::size_t population);
    /// Of one variant, where slopes of what is sent were asked for: from d loss/d of what a population sends,
    /// [sample of the wave x unit] or, of a train, [sample·steps + step x unit], to d loss/d current, which
    /// is in the population's signal where it does not go step by step.
    void backward(std::size_t population, Range samples, ConstMatrixView by_sent);
    /// Then d loss/d of what comes from below, in the same shape, as it is multiplied by the weights.
    void hand_down(std::size_t population, Range samples, const TurnedWeights& weight,
                   MatrixView by_received) const;

    /// Bytes of Memory for a population, and of its train and what is watched.
    struct Size {
        std::size_t n_variants, n_samples, n_changed;
        bool input_varies;
    };
    static std::size_t memory(const Network& network, std::size_t population, const Size& size,
                              const ForwardRequest& request);
    static std::size_t scratch_memory(const Network& network, std::size_t population, const Size& size);

  private:
    void add(std::size_t population, std::span<const Drive>& outside);
    bool alone() const noexcept;
    void begin(std::size_t population, Range samples);
    void advance(std::size_t population, Range samples, Range steps);
    void show(std::size_t population, Range samples, Range steps) const;
    const Population& population(std::size_t k) const { return network_.populations[k]; }
    /// Of a member that does not go step by step, and so has one edge.
    static std::span<const Variant> constant_input(const Memory::Member& member) noexcept {
        return member.incoming.front().drive.variants;
    }

    const Network& network_;
    Section section_;
    std::size_t n_samples_, n_variants_, n_steps_;
    std::size_t steps_at_once_, steps_kept_;  // of trains
    std::span<Activity> activities_;
    std::vector<Memory::Member>& members_;
};

}  // namespace snnff
