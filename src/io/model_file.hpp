#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/model_spec.hpp"
#include "snnff/options.hpp"

namespace snnff {

/// The text of a model file. Throws FileError where it cannot be read, is a folder, is empty, or is
/// larger than 16 MiB.
std::string read_model_file(const std::filesystem::path& path);

/// TOML as a tree in the order of the text, each value with the place of its key; `name` stands for the
/// file. Throws ModelError with file:line:column where the text is no TOML, of each place where it is not.
Node parse_model(std::string_view text, const std::string& name);

/// One TOML value, every part of it at `place`. Throws ModelError, starting with `place`.
Node parse_value(std::string_view text, const Place& place);

/// Sets keys as `--set` does: in place of what the file says, or in addition. Text that is no TOML value
/// and does not look like one is taken as a string. `named_tables` are the tables whose keys are names of
/// the user's own ("population"): a name that the file does not have is a further table, which `--add` may
/// bring and `--set` may not, since a misspelt name would be one. Returns what is wrong with those
/// that were left out, each text starting with the option as typed.
[[nodiscard]] std::vector<std::string> apply_overrides(Node& root, std::span<const Override> options,
                                                       std::span<const std::string> named_tables);

}  // namespace snnff
