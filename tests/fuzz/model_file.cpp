// Model files: text to a model with everything in it, and back. Folders that it names are not there.
#include "fuzz.hpp"
#include "snnff/model_spec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    fuzz::reads_or_refuses([&] {
        const snnff::ModelSpec model = snnff::read_model_text(text, "model.toml", "/nowhere", {});
        // What a run file keeps is the same model.
        const std::string resolved = snnff::to_toml(model.resolved);
        const snnff::ModelSpec again = snnff::read_model_text(resolved, "resolved.toml", "/nowhere", {});
        fuzz::require(snnff::to_toml(again.resolved) == resolved, "a resolved model resolves to itself");
        fuzz::reads_or_refuses([&] { model.data.reader->read(snnff::DatasetReader::Split::train, 10); });
    });
    return 0;
}
