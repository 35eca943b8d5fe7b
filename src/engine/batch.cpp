#include "engine/batch.hpp"

#include <algorithm>
#include <utility>

#include "parallel/parallel.hpp"

namespace snnff {

Batch::Batch(const Network& network)
    : network_(network),
      inputs_(network.populations.size()),
      replaced_(network.populations.size()),
      drives_(network.populations.size()),
      passes_(network.populations.size()),
      activities_(network.populations.size()) {}

void Batch::present(std::size_t entry, std::vector<Variant> variants, std::size_t n_samples,
                    std::size_t n_positive) {
    n_samples_ = n_samples;
    n_positive_ = n_positive;
    n_variants_ = variants.size();
    inputs_[entry] = std::move(variants);
    drives_[entry] = {inputs_[entry], nullptr};
}

void Batch::present(std::unique_ptr<const StepSource> source, std::size_t n_samples, std::size_t n_positive) {
    n_samples_ = n_samples;
    n_positive_ = n_positive;
    n_variants_ = source->n_variants();
    source_ = std::move(source);
    drives_[0] = {{}, source_.get()};
}

Batch::Held Batch::memory(const Network& network, std::size_t k, const Size& size, ForwardRequest request) {
    const Population& population = network.populations[k];
    if (population.output == Reading::spikes) request.output = false;
    const bool replaced = request.output && k + 1 < network.populations.size() &&
                          network.populations[k + 1].below().normalisation->replaces();
    const std::size_t copies =
        replaced ? size.n_variants * size.n_samples * population.n_sent() * sizeof(float) : 0;
    const std::size_t meanwhile = SectionPass::memory(
        network, k, {size.n_variants, size.n_samples, size.n_changed, size.input_varies}, request);
    if (!driven_by_step(network, k, size.input_varies)) {
        return {copies + activity_memory(population, size.n_variants, size.n_samples, request), meanwhile};
    }
    const std::size_t per_sample = (request.output ? population.n_units() : 0) * sizeof(float) +
                                   (2 + population.n_groups) * sizeof(double);
    return {copies + size.n_variants * size.n_samples * per_sample, meanwhile};
}

Batch::Held Batch::memory(const Network& network, const Size& size,
                          std::span<const ForwardRequest> requests) {
    Held all;
    for (std::size_t k = 0; k < requests.size(); ++k) {
        const Held held = memory(network, k, size, requests[k]);
        all.kept += held.kept;
        all.meanwhile += held.meanwhile;
    }
    return all;
}

std::size_t Batch::scratch_memory(const Network& network, std::size_t k, const Size& size) {
    return SectionPass::scratch_memory(network, k,
                                       {size.n_variants, size.n_samples, size.n_changed, size.input_varies});
}

SectionPass Batch::pass(Section section, SectionPass::Memory& memory) {
    return {network_, section, {&drives_[section.first], 1}, n_samples_, activities_, memory};
}

void Batch::forward(Section section, std::span<const ForwardRequest> requests) {
    SectionPass pass = this->pass(section, passes_[section.first]);
    pass.request(requests);
    for (std::size_t first = 0, end; first < n_samples_; first = end) {
        end = pass.wave_end(first);
        pass.forward({first, end - first});
    }
}

void Batch::climb(std::span<const ForwardRequest> requests) {
    for (std::size_t k = 0; k < requests.size();) {
        const Section section = section_of(network_, k);
        forward(section, requests.subspan(k, section.size()));
        k = section.last + 1;
        if (k < requests.size()) ascend(section);
    }
}

void Batch::ascend(Section section, const Dropout* dropout, Range samples) {
    const std::size_t k = section.last;
    const Normalisation& normalisation = *network_.populations[k + 1].below().normalisation;
    std::vector<Matrix>* sent = &activities_[k].output;
    if (normalisation.replaces() || dropout != nullptr) {
        std::vector<Matrix>& copy = replaced_[k + 1];
        shape(copy, sent->size(), sent->front().rows(), sent->front().cols());
        for (std::size_t v = 0; v < copy.size(); ++v) {
            const ConstMatrixView from = ConstMatrixView((*sent)[v]).rows(samples.first, samples.count);
            std::copy_n(from.data(), from.rows() * from.cols(), copy[v].row(samples.first).data());
        }
        sent = &copy;
    }
    as_input(*sent, activities_[k].squares, normalisation, network_.populations[k].n_groups, samples,
             inputs_[k + 1]);
    for (std::size_t v = 0; dropout != nullptr && v < sent->size(); ++v) {
        const MatrixView input = (*sent)[v].view().rows(samples.first, samples.count);
        for_blocks(input.rows(), 16, [&](std::size_t first, std::size_t count) {
            leave_out(*dropout, k + 1, input.rows(first, count), samples.first + first);
        });
    }
    drives_[k + 1] = {inputs_[k + 1], nullptr};
}

}  // namespace snnff
