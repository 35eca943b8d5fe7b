#include "io/zip_archive.hpp"

#include <fmt/format.h>
#include <zip.h>

#include "io/gzip.hpp"
#include "snnff/error.hpp"

namespace snnff {

struct ZipArchive::State {
    std::string path;
    zip_t* archive = nullptr;
    zip_file_t* member = nullptr;
    std::string member_name;

    ~State() {
        if (member != nullptr) zip_fclose(member);
        if (archive != nullptr) zip_discard(archive);
    }
};

ZipArchive::ZipArchive(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
    state_->path = shown(path);
    const InputFile readable(path);  // says what is wrong with a pipe or a folder
    int error = 0;
    state_->archive = zip_open(path.c_str(), ZIP_RDONLY, &error);
    if (state_->archive == nullptr) {
        zip_error_t reason;
        zip_error_init_with_code(&reason, error);
        const std::string text = zip_error_strerror(&reason);
        zip_error_fini(&reason);
        throw DataError(
            fmt::format("{}: not a zip archive, as .npz files are, or cut short ({})", state_->path, text));
    }
}

ZipArchive::~ZipArchive() = default;

std::vector<std::string> ZipArchive::names() const {
    std::vector<std::string> names;
    const zip_int64_t n = zip_get_num_entries(state_->archive, 0);
    for (zip_int64_t i = 0; i < n; ++i) {
        const char* name = zip_get_name(state_->archive, static_cast<zip_uint64_t>(i), 0);
        if (name != nullptr) names.emplace_back(name);
    }
    return names;
}

std::uint64_t ZipArchive::open(const std::string& name) {
    State& s = *state_;
    if (s.member != nullptr) zip_fclose(s.member);
    s.member = nullptr;
    s.member_name = name;
    const auto refuse = [&](const std::string& why) {
        throw DataError(fmt::format("{}:{}: {}", s.path, name, why));
    };
    zip_stat_t entry;
    zip_stat_init(&entry);
    constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat(s.archive, name.c_str(), 0, &entry) != 0 || (entry.valid & needed) != needed)
        refuse(fmt::format("cannot be read: {}", zip_strerror(s.archive)));
    if ((entry.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && entry.encryption_method != ZIP_EM_NONE)
        refuse("is encrypted");
    if (entry.comp_method != ZIP_CM_STORE && entry.comp_method != ZIP_CM_DEFLATE)
        refuse(fmt::format("is packed by method {}; members stored or deflated are read", entry.comp_method));
    // 258 bytes of output take two bits at least
    constexpr zip_uint64_t most_per_byte = 1032, header = 64;
    if (entry.size / most_per_byte > entry.comp_size + header)
        refuse(fmt::format("claims to unpack from {} bytes to {}, which no deflated data does",
                           entry.comp_size, entry.size));
    s.member = zip_fopen(s.archive, name.c_str(), 0);
    if (s.member == nullptr) refuse(fmt::format("cannot be read: {}", zip_strerror(s.archive)));
    return entry.size;
}

std::size_t ZipArchive::read(std::span<std::byte> bytes) {
    State& s = *state_;
    std::size_t n = 0;
    while (n < bytes.size()) {
        const zip_int64_t got = zip_fread(s.member, bytes.data() + n, bytes.size() - n);
        if (got < 0) {
            throw DataError(fmt::format("{}:{}: cannot be unpacked: {}", s.path, s.member_name,
                                        zip_file_strerror(s.member)));
        }
        if (got == 0) break;
        n += static_cast<std::size_t>(got);
    }
    return n;
}

std::string libzip_version() { return zip_libzip_version(); }

}  // namespace snnff
