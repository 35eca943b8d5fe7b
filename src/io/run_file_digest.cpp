// The digest of a run file: a line for each array, and the hash of the lines.
#include <fmt/format.h>

#include <algorithm>

#include "io/run_file_arrays.hpp"
#include "io/sha256.hpp"

namespace snnff {
namespace {

std::string hash_of(const ResultArray& array) {
    Sha256 hash;
    for (const std::string& text : array.texts())
        hash.update(std::as_bytes(std::span{text.c_str(), text.size() + 1}));
    ResultArray::Pieces pieces(array, std::max(usual_piece_bytes, array.chunk_bytes()));
    for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next()) hash.update(piece);
    return hash.hex();
}

}  // namespace

std::string ArrayDigest::line() const {
    return fmt::format("{} {} [{}] {}", path, type, fmt::join(shape, ","), sha256);
}

std::vector<ArrayDigest> array_digests(const hdf5::Group& root) {
    std::vector<ArrayDigest> digests;
    for (const ArrayPlace& place : array_places(root)) {
        const ResultArray array(root, place);
        digests.push_back(
            {place.path(), array.type(), {array.shape().begin(), array.shape().end()}, hash_of(array)});
    }
    return digests;
}

std::string digest_of(std::span<const ArrayDigest> arrays) {
    Sha256 hash;
    for (const ArrayDigest& array : arrays) {
        const std::string line = array.line() + "\n";
        hash.update(std::as_bytes(std::span{line}));
    }
    return hash.hex();
}

}  // namespace snnff
