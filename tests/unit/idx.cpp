#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <bit>
#include <functional>
#include <map>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"
#include "temp_folder.hpp"

namespace snnff {
std::unique_ptr<DatasetReader> make_dataset_idx(Options&, const Context&);
}
using namespace snnff;
namespace fs = std::filesystem;
using Split = DatasetReader::Split;

namespace {

/// A reader of `folder`, with further keys as numbers or texts.
std::unique_ptr<DatasetReader> reader(const fs::path& folder,
                                      const std::map<std::string, Node::Value>& keys = {}) {
    Node::Table table{{"folder", Node{folder.string(), {}}}};
    for (const auto& [key, value] : keys) table.emplace_back(key, Node{value, {}});
    const Node root{table, {}};
    Document document(root, ".");
    Options options = document.root();
    auto made = make_dataset_idx(options, {});
    document.refuse_unknown_keys();
    return made;
}

std::string big_endian(std::uint32_t n) {
    std::string bytes;
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(n >> shift & 255);
    return bytes;
}
std::string header(std::uint32_t magic, std::initializer_list<std::uint32_t> sizes) {
    std::string bytes = big_endian(magic);
    for (const std::uint32_t size : sizes) bytes += big_endian(size);
    return bytes;
}
std::string ramp(std::size_t n) {
    std::string bytes(n, '\0');
    std::iota(bytes.begin(), bytes.end(), '\0');
    return bytes;
}
const std::string good_images = header(0x803, {3, 2, 2}) + ramp(12);
const std::string good_labels = header(0x801, {3}) + std::string("\x05\x00\x09", 3);

std::string gzip(const std::string& bytes) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

void write_good(const TempFolder& folder) {
    folder.write("train-images-idx3-ubyte", good_images);
    folder.write("train-labels-idx1-ubyte", good_labels);
}

struct Outcome {
    ExitCode code = ExitCode::done;
    std::string text = "nothing was thrown";
};
Outcome outcome_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return {error.code(), error.what()};
    }
    return {};
}
bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("bytes become (byte/255 - offset)/scale, labels stay, in the order of the files") {
    const TempFolder folder;
    write_good(folder);
    const Dataset data =
        reader(folder.path(), {{"offset", 0.1307}, {"scale", 0.3081}})->read(Split::train, 0);
    REQUIRE(data.size() == 3);
    REQUIRE(data.n_inputs() == 4);
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK(data.x.values()[i] == static_cast<float>((static_cast<double>(i) / 255.0 - 0.1307) / 0.3081));
    }
    CHECK(data.label == std::vector<std::int32_t>{5, 0, 9});
    CHECK(data.negative_label.empty());
    const Dataset two = reader(folder.path())->read(Split::train, 2);
    CHECK(two.size() == 2);
    CHECK(two.label == std::vector<std::int32_t>{5, 0});
    CHECK(two.x(1, 3) == 7.0f / 255.0f);
}

TEST_CASE("gzipped files are found beside the name and read alike, also in several members") {
    const TempFolder plain, packed;
    write_good(plain);
    packed.write("train-images-idx3-ubyte.gz", gzip(good_images.substr(0, 9)) + gzip(good_images.substr(9)));
    packed.write("train-labels-idx1-ubyte.gz", gzip(good_labels));
    const Dataset a = reader(plain.path())->read(Split::train, 0),
                  b = reader(packed.path())->read(Split::train, 0);
    CHECK(std::equal(a.x.values().begin(), a.x.values().end(), b.x.values().begin()));
    CHECK(a.label == b.label);
    // and the other way round: .gz named, the plain file there
    const std::map<std::string, Node::Value> keys{
        {"train_images", std::string("train-images-idx3-ubyte.gz")}};
    CHECK(reader(plain.path(), keys)->read(Split::train, 0).size() == 3);
}

TEST_CASE("gzip is told by content, and zeros between and after its members are passed over") {
    const std::string zeros(1000, '\0');
    const std::vector<std::pair<std::string, std::string>> files{
        {"train-images-idx3-ubyte.gz", good_images},
        {"train-images-idx3-ubyte", gzip(good_images)},
        {"train-images-idx3-ubyte.gz", gzip(good_images) + zeros},
        {"train-images-idx3-ubyte.gz",
         gzip(good_images.substr(0, 9)) + zeros + gzip(good_images.substr(9)) + std::string(100'000, '\0')},
    };
    for (const auto& [name, content] : files) {
        const TempFolder folder;
        folder.write(name, content);
        folder.write("train-labels-idx1-ubyte", good_labels);
        const Dataset data = reader(folder.path())->read(Split::train, 0);
        for (std::size_t i = 0; i < 12; ++i)
            CHECK(data.x.values()[i] == static_cast<float>(static_cast<double>(i) / 255.0));
    }
}

TEST_CASE("every number type of IDX gives the same data") {
    const auto as = [](std::uint32_t type, const std::vector<int>& values) {
        std::string bytes;
        for (const int v : values) {
            if (type <= 9) bytes += static_cast<char>(v);
            if (type == 0x0b) bytes += big_endian(static_cast<std::uint32_t>(v)).substr(2);
            if (type == 0x0c) bytes += big_endian(static_cast<std::uint32_t>(v));
            if (type == 0x0d) bytes += big_endian(std::bit_cast<std::uint32_t>(static_cast<float>(v)));
            if (type == 0x0e) {
                const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(v));
                bytes += big_endian(static_cast<std::uint32_t>(bits >> 32)) +
                         big_endian(static_cast<std::uint32_t>(bits));
            }
        }
        return bytes;
    };
    std::vector<int> pixels(12);
    std::iota(pixels.begin(), pixels.end(), 90);
    for (const std::uint32_t type : {0x08u, 0x09u, 0x0bu, 0x0cu, 0x0du, 0x0eu}) {
        const TempFolder folder;
        folder.write("train-images-idx3-ubyte", header(type << 8 | 4, {3, 2, 2, 1}) + as(type, pixels));
        const std::vector<std::pair<std::uint32_t, std::string>> labels{
            {1, header(type << 8 | 1, {3}) + as(type, {5, 0, 9})},
            {2, header(type << 8 | 2, {3, 1}) + as(type, {5, 0, 9})},
            {2, header(type << 8 | 2, {1, 3}) + as(type, {5, 0, 9})},
            // QMNIST: the digit, then where it is from
            {2, header(type << 8 | 2, {3, 8}) + as(type, {5, 0, 1, 2, 3, 4, 5, 0, 0, 0, 1, 2, 3, 4, 5, 0,  //
                                                          9, 0, 1, 2, 3, 4, 5, 0})},
            {2, header(type << 8 | 2, {3, 10}) + as(type, {0, 0, 0, 0, 0, 1, 0, 0, 0, 0,  //
                                                           1, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                                           0, 0, 0, 0, 0, 0, 0, 0, 0, 1})},
        };
        for (const auto& [n_axes, content] : labels) {
            folder.write("train-labels-idx1-ubyte", content);
            const Dataset data = reader(folder.path())->read(Split::train, 0);
            INFO("type " << type << ", labels of " << n_axes << " axes");
            for (std::size_t i = 0; i < 12; ++i)
                CHECK(data.x.values()[i] == static_cast<float>(static_cast<double>(90 + i) / 255.0));
            CHECK(data.label == std::vector<std::int32_t>{5, 0, 9});
            CHECK(data.image_rows == 2);
            CHECK(reader(folder.path())->read(Split::train, 2).label == std::vector<std::int32_t>{5, 0});
        }
    }
}

TEST_CASE("files are found under the names and in the folders where people have them") {
    const std::vector<std::pair<std::string, std::string>> places{
        {"train-images.idx3-ubyte", "train-labels.idx1-ubyte"},
        {"Train-Images-idx3-ubyte.GZ", "TRAIN_LABELS.IDX1-UBYTE"},
        {"raw/train-images-idx3-ubyte", "raw/train-labels-idx1-ubyte.gz"},
        {"MNIST/raw/train-images-idx3-ubyte", "MNIST/raw/train-labels-idx1-ubyte"},
        {"train-images-idx3-ubyte/train-images-idx3-ubyte",
         "train-labels.idx1-ubyte/train-labels.idx1-ubyte"},
        {"qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int"},
    };
    for (const auto& [images, labels] : places) {
        const TempFolder folder;
        fs::create_directories((folder / images).parent_path());
        fs::create_directories((folder / labels).parent_path());
        folder.write(images, good_images);
        folder.write(labels, good_labels);
        folder.write("._train-images.idx3-ubyte", "macOS");
        folder.write("train-images.png", "none of it");
        INFO(images);
        const Dataset data = reader(folder.path())->read(Split::train, 0);
        CHECK(data.size() == 3);
        CHECK(data.files.at(0).path == folder / images);
    }
    const TempFolder folder;
    folder.write("test-images.idx3-ubyte", good_images);
    folder.write("t10k-labels.idx1-ubyte", good_labels);
    CHECK(reader(folder.path())->read(Split::test, 0).size() == 3);

    folder.write("Train-images.idx3-ubyte", good_images);
    folder.write("train-images.idx3-ubyte", good_images);
    const Outcome two = outcome_of([&] { reader(folder.path())->read(Split::train, 0); });
    CHECK(contains(two.text, "both Train-images.idx3-ubyte and train-images.idx3-ubyte could be meant"));
    const TempFolder other;
    other.write("digits.csv", "");
    const Outcome none = outcome_of([&] { reader(other.path())->read(Split::train, 0); });
    CHECK(contains(none.text, "no such file, nor one of a like name; "));
    CHECK(contains(none.text, " has digits.csv"));
}

TEST_CASE("the sample of MNIST holds 200 and 50 images of each class, with the sums of data/README.md") {
    const auto sample = reader(fs::path(SNNFF_ROOT) / "data/mnist-sample");
    const std::array<std::string, 4> sums{"d02dd52ec292c2018d897ccb34851db2508613a62796e8330c0a5b9771b3ff87",
                                          "82d193ff23c88e7afee9064eaff1ce671fc7a5c50f4293b173b81e528ed0af3f",
                                          "4b063ac882d57e47ef6f4c8d8d89930bbe46b0a06cb99d8fbb821904a0ac85db",
                                          "33eff3d261a73aee082363583e53a7834a1efe1addbe95c832a23a19d9be07ff"};
    std::size_t file = 0;
    for (const Split split : {Split::train, Split::test}) {
        const Dataset data = sample->read(split, 0);
        const std::size_t per_class = split == Split::train ? 200 : 50;
        CHECK(data.size() == 10 * per_class);
        CHECK(data.n_inputs() == 784);
        std::array<std::size_t, 10> counts{};
        for (const std::int32_t label : data.label) ++counts.at(static_cast<std::size_t>(label));
        for (const std::size_t count : counts) CHECK(count == per_class);
        const auto [least, most] = std::minmax_element(data.x.values().begin(), data.x.values().end());
        CHECK(*least == 0.0f);
        CHECK(*most == 1.0f);
        for (const DataFile& read : data.files) CHECK(read.sha256 == sums.at(file++));
    }
    CHECK(file == 4);
}

TEST_CASE("bad files are refused with the right exit code, the file's name and the reason") {
    struct Row {
        std::string what, images, labels;
        ExitCode code;
        std::string word;
    };
    const std::string bomb = gzip(header(0x803, {3, 2, 2}) + std::string(50'000'000, '\0'));
    const std::vector<Row> rows{
        {"empty images", "", good_labels, ExitCode::data, "train-images-idx3-ubyte: is empty"},
        {"empty labels", good_images, "", ExitCode::data, "train-labels-idx1-ubyte: is empty"},
        {"one byte", std::string(1, '\0'), good_labels, ExitCode::data, "after 1 of 8 bytes"},
        {"header cut short", good_images.substr(0, 15), good_labels, ExitCode::data, "after 15 of 16 bytes"},
        {"magic", "\x89PNG" + good_images.substr(4), good_labels, ExitCode::data, "not an IDX file"},
        {"a type that IDX has not", header(0x0a03, {3, 2, 2}) + ramp(12), good_labels, ExitCode::data,
         "IDX type 0x0a"},
        {"five dimensions", header(0x805, {3, 2, 2, 1, 1}) + ramp(12), good_labels, ExitCode::data,
         "IDX file of 5 dimensions"},
        {"floats that are cut short", header(0xd03, {3, 2, 2}) + ramp(12), good_labels, ExitCode::data,
         "header promises 3 images (64 bytes), file has 28"},
        {"negative pixels", header(0x903, {3, 2, 2}) + std::string(11, '\0') + "\xff", good_labels,
         ExitCode::data, "image 2 holds -1; whole numbers from 0 to 255"},
        {"labels in place of images", good_labels, good_labels, ExitCode::data,
         "1 dimensions; images have 3"},
        {"images in place of labels", good_images, good_images, ExitCode::data,
         "3 dimensions; labels have 1"},
        {"negative labels", good_images,
         header(0xc01, {3}) + big_endian(1) + big_endian(2) + big_endian(0xffffffff), ExitCode::data,
         "sample 2 has the label -1"},
        {"rows that are not one-hot", good_images, header(0x802, {3, 2}) + ramp(6), ExitCode::data,
         "one of them is 1"},
        {"no images", header(0x803, {0, 2, 2}), good_labels, ExitCode::data, "holds no images"},
        {"no labels", good_images, header(0x801, {0}), ExitCode::data, "holds no labels"},
        {"no rows", header(0x803, {3, 0, 2}), good_labels, ExitCode::data, "images of [0, 2] values"},
        {"truncated", good_images.substr(0, 27), good_labels, ExitCode::data,
         "header promises 3 images (28 bytes), file has 27"},
        {"trailing byte", good_images + "x", good_labels, ExitCode::data, "file has 29"},
        {"labels truncated", good_images, good_labels.substr(0, 10), ExitCode::data,
         "(11 bytes), file has 10"},
        {"fewer labels", good_images, header(0x801, {2}) + "ab", ExitCode::data, "2 labels for the 3 images"},
        {"more labels", good_images, header(0x801, {4}) + "abcd", ExitCode::data,
         "4 labels for the 3 images"},
        {"2^32 - 1 everywhere", header(0x803, {0xffffffff, 0xffffffff, 0xffffffff}) + ramp(12), good_labels,
         ExitCode::data, "more than the 16 GiB"},
        {"product that overflows to 0", header(0x803, {0x80000000, 0x80000000, 4}), good_labels,
         ExitCode::data, "more than the 16 GiB"},
        {"rows x columns of 2^64 - 2^33 + 1", header(0x803, {1, 0xffffffff, 0xffffffff}), good_labels,
         ExitCode::data, "more than the 16 GiB"},
        {"a promise below the limit that the file does not keep", header(0x803, {1000000, 64, 64}) + ramp(12),
         good_labels, ExitCode::data, "file has 28"},
    };
    for (const Row& row : rows) {
        const TempFolder folder;
        folder.write("train-images-idx3-ubyte", row.images);
        folder.write("train-labels-idx1-ubyte", row.labels);
        const Outcome outcome = outcome_of([&] { reader(folder.path())->read(Split::train, 0); });
        INFO(row.what << ": " << outcome.text);
        CHECK(outcome.code == row.code);
        CHECK(contains(outcome.text, row.word));
        CHECK(contains(outcome.text, "-ubyte: "));
    }

    const std::string packed = gzip(good_images);
    std::string flipped = packed;
    flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // in the checksum
    const std::vector<Row> packed_rows{
        {"cut short", packed.substr(0, packed.size() - 9), "", ExitCode::data, "ends too early"},
        {"wrong checksum", flipped, "", ExitCode::data, "not a valid gzip file"},
        {"empty", "", "", ExitCode::data, "is empty"},
        {"rubbish behind", packed + "rubbish", "", ExitCode::data, "not a valid gzip file"},
        {"rubbish behind zeros", packed + std::string(600, '\0') + "rubbish", "", ExitCode::data,
         "not a valid gzip file"},
        {"unpacks to less", gzip(good_images.substr(0, 20)), "", ExitCode::data, "unpacks to 20"},
        {"unpacks to one byte more", gzip(good_images + "x"), "", ExitCode::data, "unpacks to more"},
        {"unpacks to far more", bomb, "", ExitCode::data, "unpacks to more"},
    };
    for (const Row& row : packed_rows) {
        const TempFolder folder;
        folder.write("train-images-idx3-ubyte.gz", row.images);
        folder.write("train-labels-idx1-ubyte", good_labels);
        const Outcome outcome = outcome_of([&] { reader(folder.path())->read(Split::train, 0); });
        INFO("gzipped, " << row.what << ": " << outcome.text);
        CHECK(outcome.code == row.code);
        CHECK(contains(outcome.text, row.word));
        CHECK(contains(outcome.text, "train-images-idx3-ubyte.gz: "));
    }
}

TEST_CASE("files that cannot be read are exit code 4, with a hint where a tool fetches them") {
    const TempFolder folder;
    write_good(folder);
    const auto outcome = [&](const fs::path& place) {
        return outcome_of([&] { reader(place)->read(Split::train, 0); });
    };
    const Outcome missing = outcome(folder / "elsewhere");
    CHECK(missing.code == ExitCode::file);
    CHECK(contains(missing.text, "no such file"));
    CHECK_FALSE(contains(missing.text, "get-data"));
    CHECK(contains(outcome(folder / "mnist").text, "; fetch it with tools/get-data mnist"));
    CHECK(contains(outcome(folder / "fashion-mnist").text, "; fetch it with tools/get-data fashion-mnist"));

    const TempFolder odd;
    odd.write("train-labels-idx1-ubyte", good_labels);
    fs::create_directory(odd / "train-images-idx3-ubyte");
    CHECK(outcome(odd.path()).code == ExitCode::file);
    CHECK(contains(outcome(odd.path()).text, "is a folder"));
    fs::remove(odd / "train-images-idx3-ubyte");
    REQUIRE(::mkfifo((odd / "train-images-idx3-ubyte").c_str(), 0600) == 0);
    CHECK(contains(outcome(odd.path()).text, "is not a regular file"));  // and does not wait for a writer

    fs::create_directory(folder / "mnist");
    std::ofstream(folder / "mnist/train-images-idx3-ubyte") << good_images.substr(0, 20);
    std::ofstream(folder / "mnist/train-labels-idx1-ubyte") << good_labels;
    CHECK(contains(outcome(folder / "mnist").text, "; fetch it again with tools/get-data mnist"));

    fs::permissions(folder.path(), fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
    fs::permissions(folder / "train-images-idx3-ubyte", fs::perms::none);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);  // root may read everything
        const Outcome refused = outcome(folder.path());
        ::_exit(refused.code == ExitCode::file && contains(refused.text, "Permission denied") ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("keys that will not do are refused before any file is looked for") {
    CHECK_THROWS_AS(reader(".", {{"scale", 0.0}}), ModelError);
    CHECK_THROWS_AS(reader(".", {{"train_images", std::string()}}), ModelError);
    CHECK_THROWS_AS(reader(".", {{"test_labels", std::string()}}), ModelError);
    CHECK_FALSE(reader(".", {{"test_images", std::string()}})->has(Split::test));
    CHECK(reader(".")->has(Split::test));
}
