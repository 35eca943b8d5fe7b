#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/activity.hpp"

namespace snnff {

/// Tiles of up to 36 samples and 64 units keep their currents in the first-level cache; products take 6 rows
/// at a time.
inline constexpr std::size_t panels_per_tile = 4, samples_per_tile = 36, rows_at_once = 6;

/// A population under a current that stays constant for a presentation, tile by tile: some samples of a
/// batch. It writes to the batch's places in `activity`, which make_room() made; samples are counted from the
/// first of its own. Nothing is kept from call to call.
class Steady {
  public:
    Steady(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
           Range samples, const ForwardRequest& request, Activity& activity);

    /// All of it, cut by samples and units, or, where there are samples enough, by samples alone: a task
    /// takes all units of its samples and scores them while their responses are in cache. The numbers are the
    /// same.
    void by_samples_and_units();
    void by_samples();

    /// The parts of it, for who computes some units alone, or takes the steps one by one. Places for
    /// readings, made once:
    void make_places();
    /// Responses of the units of some panels, which know nothing of the others.
    void respond(Range panels);
    /// Currents of a tile under variant `v` to `out` [sample x 16·panels]. `chains`, of the same shape, hold
    /// those of the base at `done`.
    void currents(const Tile& tile, std::size_t v, const float*& done, MatrixView chains,
                  MatrixView out) const;
    /// Where a variant's readings of some samples go, [sample x unit]; empty where they are not wanted. Two
    /// that are the same share their place.
    struct Places {
        MatrixView measured, slope, output, spikes;
        double per_step = 1.0;  ///< what makes spikes per step of what is in `spikes`
    };
    Places places(std::size_t v, std::size_t first, std::size_t count) const;
    /// What is asked for; returns how many readings.
    std::size_t responses(const Places& to, std::span<Response, 3> out) const;
    /// The same of a tile's units.
    std::size_t responses(const Places& to, const Tile& tile, std::span<Response, 3> out) const;
    /// Goodness and rates, once all responses are there; slopes become signals.
    void score();

  private:
    Places places(std::size_t v, std::size_t first, std::size_t count, MatrixView measured,
                  MatrixView spikes) const;
    bool counts_apart() const noexcept;
    /// What is read for the rate alone. Spikes of a train that is sent for its slopes are counted.
    Reading read_apart() const noexcept {
        return request_.sent_steps && request_.slopes_of_sent() ? Reading::count : Reading::rate;
    }
    std::span<const float> next_read(ConstMatrixView base, const Tile& tile) const;
    template <class PlacesOf>
    void compute(const Tile& tile, const PlacesOf& places) const;
    void score(std::size_t v, std::size_t first, const Places& at) const;

    const Population& population_;
    const TimeGrid& time_;
    std::span<const Variant> variants_;
    Range samples_;
    std::size_t n_sent_, n_panels_;
    const ForwardRequest& request_;
    Activity& activity_;
    bool measures_, sends_measured_;
};

/// Gives `activity` the places that a request for so many samples writes to; `squares`: those of the output,
/// too.
void make_room(const Population& population, std::size_t n_variants, std::size_t n_samples,
               const ForwardRequest& request, Activity& activity, bool squares = false);

}  // namespace snnff
