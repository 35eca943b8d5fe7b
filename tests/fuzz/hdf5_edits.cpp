#include "hdf5_edits.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "io/hdf5.hpp"

namespace fuzz {
namespace {

/// Empty where HDF5 gave none: an edit that cannot be made is passed over.
class Handle : public snnff::hdf5::Handle {
  public:
    Handle() = default;
    Handle(hid_t id, Close close) : snnff::hdf5::Handle(if_any(id, close)) {}
    Handle(snnff::hdf5::Handle handle) : snnff::hdf5::Handle(std::move(handle)) {}
};

constexpr std::size_t most_edits = 8;
// Of values that an edit writes; data sets may claim more.
constexpr std::size_t most_written_bytes = std::size_t{4} << 20;

herr_t collect(hid_t, const char* name, const H5L_info_t*, void* names) {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return 0;
}

/// A type in the file, and the type of what is written to it (none: nothing is).
struct Types {
    Handle file, memory;
};

Types some_type(FuzzedDataProvider& provider) {
    const auto copied = [](hid_t type) { return Handle(H5Tcopy(type), H5Tclose); };
    static const std::array<hid_t, 12> numbers{
        H5T_STD_I8LE,  H5T_STD_U8LE,  H5T_STD_I16BE,  H5T_STD_U16LE,  H5T_STD_I32LE,  H5T_STD_U32LE,
        H5T_STD_I64LE, H5T_STD_U64BE, H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_IEEE_F64BE, H5T_NATIVE_LDOUBLE};
    switch (provider.ConsumeIntegralInRange<int>(0, 9)) {
        case 0: {
            Handle text = copied(H5T_C_S1);
            H5Tset_size(text.get(), provider.ConsumeIntegralInRange<std::size_t>(1, 70000));
            return {std::move(text), {}};
        }
        case 1:
            return {snnff::hdf5::text_type(), {}};
        case 2: {
            Handle list(H5Tvlen_create(provider.PickValueInArray(numbers)), H5Tclose);
            return {std::move(list), {}};
        }
        case 3: {
            const hsize_t n = provider.ConsumeIntegralInRange<hsize_t>(1, 1000);
            return {Handle(H5Tarray_create2(H5T_IEEE_F32LE, 1, &n), H5Tclose), {}};
        }
        case 4: {
            Handle pair(H5Tcreate(H5T_COMPOUND, 16), H5Tclose);
            H5Tinsert(pair.get(), "a", 0, H5T_STD_I64LE);
            H5Tinsert(pair.get(), "b", 8, H5T_IEEE_F64LE);
            return {std::move(pair), {}};
        }
        case 5: {
            Handle words(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
            const std::int8_t one = 1;
            H5Tenum_insert(words.get(), "one", &one);
            return {std::move(words), {}};
        }
        case 6: {
            // An integer of any width and precision, with padding.
            Handle wide = copied(H5T_STD_U64LE);
            const auto size = provider.ConsumeIntegralInRange<std::size_t>(1, 40000);
            H5Tset_size(wide.get(), size);
            H5Tset_precision(wide.get(), provider.ConsumeIntegralInRange<std::size_t>(1, 8 * size));
            return {std::move(wide), {}};
        }
        case 7:
            return {copied(provider.PickValueInArray({H5T_STD_REF_OBJ, H5T_STD_B16LE, H5T_UNIX_D32LE})), {}};
        default: {
            Handle number = copied(provider.PickValueInArray(numbers));
            return {std::move(number), copied(H5T_NATIVE_DOUBLE)};
        }
    }
}

hsize_t some_size(FuzzedDataProvider& provider) {
    static constexpr std::array<hsize_t, 12> sizes{
        0, 1, 2, 3, 4, 10, 1000, 1 << 20, hsize_t{1} << 31, hsize_t{1} << 40, hsize_t{1} << 62, 6};
    return provider.ConsumeBool() ? provider.ConsumeIntegralInRange<hsize_t>(0, 20)
                                  : provider.PickValueInArray(sizes);
}

std::vector<hsize_t> some_shape(FuzzedDataProvider& provider) {
    std::vector<hsize_t> shape(provider.ConsumeIntegralInRange<std::size_t>(0, 4));
    if (shape.size() == 4) shape.resize(provider.ConsumeIntegralInRange<std::size_t>(4, H5S_MAX_RANK));
    for (hsize_t& size : shape) size = some_size(provider);
    return shape;
}

Handle some_space(FuzzedDataProvider& provider, const std::vector<hsize_t>& shape) {
    const int form = provider.ConsumeIntegralInRange<int>(0, 15);
    if (form == 0) return {H5Screate(H5S_NULL), H5Sclose};
    const std::vector<hsize_t> most(shape.size(), H5S_UNLIMITED);
    return {H5Screate_simple(static_cast<int>(shape.size()), shape.data(), form < 8 ? nullptr : most.data()),
            H5Sclose};
}

/// Where the values of a data set are and what they pass through.
Handle some_storage(FuzzedDataProvider& provider, const std::vector<hsize_t>& shape) {
    Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const hid_t id = creation.get();
    switch (provider.ConsumeIntegralInRange<int>(0, 7)) {
        case 0:
            H5Pset_layout(id, H5D_COMPACT);
            return creation;
        case 1:
            H5Pset_external(id, provider.PickValueInArray({"/etc/hostname", "../elsewhere", "elsewhere"}), 0,
                            H5F_UNLIMITED);
            return creation;
        case 2:
        case 3:
            return creation;  // contiguous
        default:
            break;
    }
    std::vector<hsize_t> chunk(shape.size());
    for (std::size_t i = 0; i < chunk.size(); ++i)
        chunk[i] = std::clamp<hsize_t>(provider.ConsumeBool() ? some_size(provider) : shape[i], 1, 1 << 27);
    H5Pset_chunk(id, static_cast<int>(chunk.size()), chunk.data());
    const auto filters = provider.ConsumeIntegral<std::uint8_t>();
    if ((filters & 1) != 0) H5Pset_shuffle(id);
    if ((filters & 2) != 0) H5Pset_deflate(id, 1);
    if ((filters & 4) != 0) H5Pset_fletcher32(id);
    if ((filters & 0x18) == 0x18) H5Pset_nbit(id);
    if ((filters & 0x60) == 0x60) H5Pset_scaleoffset(id, H5Z_SO_INT, 2);
    if (filters >= 0xe0) H5Pset_filter(id, 32015, H5Z_FLAG_OPTIONAL, 0, nullptr);  // Zstandard, a plugin's
    return creation;
}

double some_number(FuzzedDataProvider& provider) {
    static constexpr double inf = std::numeric_limits<double>::infinity();
    static const std::array<double, 14> numbers{0.0,  1.0,   2.0,  -1.0,   9.0,   10.0, 255.0,
                                                1e-9, 1e300, 1e19, -1e300, 256.0, inf,  std::nan("")};
    return provider.ConsumeBool() ? provider.PickValueInArray(numbers)
                                  : provider.ConsumeIntegral<std::int16_t>();
}

std::vector<double> some_numbers(FuzzedDataProvider& provider, std::size_t n) {
    std::vector<double> values(n);
    if (provider.ConsumeBool()) {
        std::fill(values.begin(), values.end(), some_number(provider));
    } else {
        for (double& value : values) value = provider.remaining_bytes() > 0 ? some_number(provider) : 0.0;
    }
    return values;
}

std::size_t n_values(hid_t space, std::size_t most) {
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    return n < 0 || static_cast<std::size_t>(n) > most ? 0 : static_cast<std::size_t>(n);
}

std::vector<hsize_t> shape_of(hid_t file, const std::string& path) {
    std::vector<hsize_t> shape;
    const Handle set(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
    if (!set) return shape;
    const Handle space(H5Dget_space(set.get()), H5Sclose);
    const int rank = H5Sget_simple_extent_ndims(space.get());
    if (rank <= 0) return shape;
    shape.resize(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
    return shape;
}

bool takes_numbers(hid_t type) {
    const H5T_class_t kind = H5Tget_class(type);
    return kind == H5T_INTEGER || kind == H5T_FLOAT;
}

/// Whether HDF5 itself can be trusted to write here: not to other files, not a view (of itself, perhaps), not
/// a chunk that writing alone would make large, and through no filter that trips over data made by another.
bool takes_values(hid_t creation, hid_t type) {
    if (H5Pget_external_count(creation) > 0 || H5Pget_layout(creation) == H5D_VIRTUAL) return false;
    std::array<hsize_t, H5S_MAX_RANK> chunk{};
    std::size_t bytes = H5Tget_size(type);
    const int rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunk.data());
    for (int i = 0; i < rank; ++i) bytes *= chunk[static_cast<std::size_t>(i)];
    bool known = true;
    for (int i = 0; i < H5Pget_nfilters(creation); ++i) {
        unsigned flags = 0;
        std::size_t n = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &n, nullptr, 0, nullptr, nullptr);
        known &= filter <= H5Z_FILTER_FLETCHER32;
    }
    return known && bytes <= most_written_bytes;
}

void remove(hid_t file, const std::string& path) { H5Ldelete(file, path.c_str(), H5P_DEFAULT); }

void replace_dataset(FuzzedDataProvider& provider, hid_t file, const std::string& path) {
    std::vector<hsize_t> shape = shape_of(file, path);
    Types types;
    if (provider.ConsumeBool()) {  // the old type: most readers look at it first
        const Handle old(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
        if (old) {
            types.file = Handle(H5Dget_type(old.get()), H5Tclose);
            if (takes_numbers(types.file.get())) types.memory = Handle(H5Tcopy(H5T_NATIVE_DOUBLE), H5Tclose);
        }
    }
    if (!types.file) types = some_type(provider);
    if (provider.ConsumeBool()) shape = some_shape(provider);
    const Handle space = some_space(provider, shape), creation = some_storage(provider, shape);
    remove(file, path);
    const Handle set(H5Dcreate2(file, path.c_str(), types.file.get(), space.get(), H5P_DEFAULT,
                                creation.get(), H5P_DEFAULT),
                     H5Dclose);
    if (!set || !types.memory || provider.ConsumeBool()) return;
    if (!takes_values(creation.get(), types.file.get())) return;
    const auto values = some_numbers(provider, n_values(space.get(), most_written_bytes / sizeof(double)));
    if (!values.empty())
        H5Dwrite(set.get(), types.memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

void replace_view(hid_t file, const std::string& path, const std::string& of) {
    const std::vector<hsize_t> shape = shape_of(file, path);
    if (shape.empty()) return;
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_virtual(creation.get(), space.get(), "elsewhere", of.c_str(), space.get());
    remove(file, path);
    const Handle set(
        H5Dcreate2(file, path.c_str(), H5T_IEEE_F32LE, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
        H5Dclose);
}

void write_values(FuzzedDataProvider& provider, hid_t file, const std::string& path) {
    const Handle set(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
    if (!set) return;
    const Handle creation(H5Dget_create_plist(set.get()), H5Pclose);
    const Handle type(H5Dget_type(set.get()), H5Tclose), space(H5Dget_space(set.get()), H5Sclose);
    if (!takes_values(creation.get(), type.get())) return;
    const H5T_class_t kind = H5Tget_class(type.get());
    if (kind == H5T_STRING) {
        const std::string text = provider.ConsumeRandomLengthString(300);
        if (n_values(space.get(), 1) != 1 || H5Tis_variable_str(type.get()) <= 0) return;
        const char* pointer = text.c_str();
        H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer);
        return;
    }
    if (kind == H5T_VLEN) {
        const std::size_t n = n_values(space.get(), 1000);
        std::vector<std::vector<double>> lists(n);
        std::vector<hvl_t> rows;
        for (auto& list : lists) {
            list = some_numbers(provider, provider.ConsumeIntegralInRange<std::size_t>(0, 10));
            rows.push_back({list.size(), list.data()});
        }
        const Handle memory(H5Tvlen_create(H5T_NATIVE_DOUBLE), H5Tclose);
        if (n > 0) H5Dwrite(set.get(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data());
        return;
    }
    if (!takes_numbers(type.get())) return;
    const auto values = some_numbers(provider, n_values(space.get(), 100'000));
    if (!values.empty()) H5Dwrite(set.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

void change_extent(FuzzedDataProvider& provider, hid_t file, const std::string& path) {
    std::vector<hsize_t> shape = shape_of(file, path);
    const Handle set(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
    if (!set || shape.empty()) return;
    // A set that shrinks makes HDF5 look wherever a chunk could have been.
    double n_places = 1.0;
    for (const hsize_t n : shape) n_places *= static_cast<double>(n);
    if (n_places > 1e6) return;
    shape[0] = some_size(provider);
    if (provider.ConsumeBool()) shape.back() = some_size(provider);
    H5Dset_extent(set.get(), shape.data());
}

void change_attribute(FuzzedDataProvider& provider, hid_t file, const std::string& path) {
    const Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose);
    if (!object) return;
    std::vector<std::string> names;
    const auto add = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
    };
    hsize_t position = 0;
    H5Aiterate2(object.get(), H5_INDEX_NAME, H5_ITER_INC, &position, add, &names);
    if (names.empty()) return;
    const std::string& name = names[provider.ConsumeIntegralInRange<std::size_t>(0, names.size() - 1)];
    const bool only_values = provider.ConsumeBool();
    Types types = some_type(provider);
    Handle space = some_space(provider, some_shape(provider));
    if (only_values) {
        const Handle old(H5Aopen(object.get(), name.c_str(), H5P_DEFAULT), H5Aclose);
        types.file = Handle(H5Aget_type(old.get()), H5Tclose);
        types.memory = Handle(H5Tcopy(H5T_NATIVE_DOUBLE), H5Tclose);
        space = Handle(H5Aget_space(old.get()), H5Sclose);
    }
    H5Adelete(object.get(), name.c_str());
    const std::size_t n =
        n_values(space.get(), 60'000 / std::max<std::size_t>(1, H5Tget_size(types.file.get())));
    if (n == 0 || provider.ConsumeBool()) return;
    const Handle attribute(
        H5Acreate2(object.get(), name.c_str(), types.file.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    if (!attribute) return;
    const H5T_class_t kind = H5Tget_class(types.file.get());
    if (kind == H5T_STRING && H5Tis_variable_str(types.file.get()) > 0) {
        const std::string text = provider.ConsumeRandomLengthString(300);
        const std::vector<const char*> pointers(n, text.c_str());
        H5Awrite(attribute.get(), types.file.get(), pointers.data());
    } else if (takes_numbers(types.file.get())) {
        H5Awrite(attribute.get(), H5T_NATIVE_DOUBLE, some_numbers(provider, n).data());
    }
}

void edit_once(FuzzedDataProvider& provider, hid_t file, const std::vector<std::string>& objects) {
    const auto some_path = [&] {
        return objects[provider.ConsumeIntegralInRange<std::size_t>(0, objects.size() - 1)];
    };
    const std::string path = some_path(), other = some_path();
    const std::string parent = path.substr(0, path.find_last_of('/') + 1);
    switch (provider.ConsumeIntegralInRange<int>(0, 13)) {
        case 0:
            remove(file, path);
            break;
        case 1:
            remove(file, path);
            H5Lcreate_soft(("/" + other).c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
            break;
        case 2:
            remove(file, path);
            H5Lcreate_external("elsewhere", other.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
            break;
        case 3:  // a second name, perhaps of a group that it lies in
            remove(file, path);
            H5Lcreate_hard(file, other.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
            break;
        case 4: {
            remove(file, path);
            const Handle group(H5Gcreate2(file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                               H5Gclose);
            break;
        }
        case 5: {
            remove(file, path);
            const Types types = some_type(provider);
            H5Tcommit2(file, path.c_str(), types.file.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
            break;
        }
        case 6:
            replace_view(file, path, other);
            break;
        case 7: {  // another name beside it
            std::string name = provider.ConsumeRandomLengthString(300);
            std::erase(name, '\0');
            if (provider.ConsumeBool()) name = provider.PickValueInArray({"..", ".", "../../x", "a/b"});
            H5Lcreate_hard(file, other.c_str(), file, (parent + name).c_str(), H5P_DEFAULT, H5P_DEFAULT);
            break;
        }
        case 8:
            change_extent(provider, file, path);
            break;
        case 9:
            change_attribute(provider, file, path.substr(0, path.find('/')));
            break;
        case 10:
            change_attribute(provider, file, provider.ConsumeBool() ? "/" : path);
            break;
        case 11:
        case 12:
            write_values(provider, file, path);
            break;
        default:
            replace_dataset(provider, file, path);
            break;
    }
}

ssize_t n_open() { return H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL); }

}  // namespace

EditedFile::EditedFile(const std::string& name, const std::function<void(const fs::path&)>& write)
    : path_(folder_.path() / name) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5set_free_list_limits(0, 0, 0, 0, 0, 0);  // memory that is given back is watched over
    write(path_);
    {
        const Handle file(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
        H5Lvisit(file.get(), H5_INDEX_NAME, H5_ITER_INC, collect, &objects_);
    }
    require(!objects_.empty(), "the good file holds something");
    std::ifstream file(path_, std::ios::binary);
    good_.assign(std::istreambuf_iterator<char>(file), {});
    fs::copy_file(path_, folder_ / "elsewhere",
                  fs::copy_options::overwrite_existing);  // what links to elsewhere would find
}

ExpectClosed::~ExpectClosed() { require(n_open() == 0, "a reader closes what it opens"); }

ExpectClosed EditedFile::edit(FuzzedDataProvider& provider) const {
    folder_.write(path_.filename().c_str(), good_);
    const std::size_t cut = provider.ConsumeIntegralInRange<int>(0, 31) == 31
                                ? provider.ConsumeIntegralInRange<std::size_t>(0, 1 << 16)
                                : 0;
    {
        const Handle file(H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
        for (std::size_t k = 0; k < most_edits && provider.remaining_bytes() > 0; ++k)
            edit_once(provider, file.get(), objects_);
    }
    H5Eclear2(H5E_DEFAULT);
    require(n_open() == 0, "an edit closes what it opens");
    if (cut > 0)
        fs::resize_file(path_, fs::file_size(path_) - std::min<std::uintmax_t>(cut, fs::file_size(path_)));
    return {};
}

void put(hid_t parent, const char* name, hid_t type, std::vector<hsize_t> shape,
         const std::vector<double>& values) {
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Handle set(H5Dcreate2(parent, name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                     H5Dclose);
    require(H5Dwrite(set.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
            "a good file can be written");
}

void put_lists(hid_t parent, const char* name, hid_t element, std::vector<std::vector<double>> lists) {
    std::vector<hvl_t> rows;
    for (auto& list : lists) rows.push_back({list.size(), list.data()});
    const hsize_t n = rows.size();
    const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
    const Handle type(H5Tvlen_create(element), H5Tclose), memory(H5Tvlen_create(H5T_NATIVE_DOUBLE), H5Tclose);
    const Handle set(H5Dcreate2(parent, name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                     H5Dclose);
    require(H5Dwrite(set.get(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data()) >= 0,
            "a good file can be written");
}

}  // namespace fuzz

// HDF5 1.10.8 loses 424 bytes where it gives up on some damaged objects, about once in a thousand executions.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }
