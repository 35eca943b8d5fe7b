// Types and attributes.
#include <fmt/format.h>

#include "core/canonical.hpp"
#include "core/utf8.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {

#define SNNFF_TYPE(T, memory, file)   \
    template <>                       \
    hid_t memory_type<T>() noexcept { \
        return memory;                \
    }                                 \
    template <>                       \
    hid_t file_type<T>() noexcept {   \
        return file;                  \
    }
SNNFF_TYPE(float, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE)
SNNFF_TYPE(double, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE)
SNNFF_TYPE(std::uint8_t, H5T_NATIVE_UINT8, H5T_STD_U8LE)
SNNFF_TYPE(std::int32_t, H5T_NATIVE_INT32, H5T_STD_I32LE)
SNNFF_TYPE(std::uint32_t, H5T_NATIVE_UINT32, H5T_STD_U32LE)
SNNFF_TYPE(std::int64_t, H5T_NATIVE_INT64, H5T_STD_I64LE)
SNNFF_TYPE(std::uint64_t, H5T_NATIVE_UINT64, H5T_STD_U64LE)
#undef SNNFF_TYPE

Handle text_type() {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    checked(H5Tset_size(type.get(), H5T_VARIABLE));
    checked(H5Tset_cset(type.get(), H5T_CSET_UTF8));
    return type;
}

bool is_number(hid_t type, H5T_class_t kind) noexcept {
    constexpr std::size_t widest = 16;  // C's long double
    return H5Tget_class(type) == kind && H5Tget_size(type) <= widest;
}

std::string as_utf8(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t n = text[i] == '\0' ? 0 : utf8_length(text, i);
        result += n > 0 ? text.substr(i, n) : "\xef\xbf\xbd";
        i += n > 0 ? n : 1;
    }
    return result;
}

namespace {

Handle open_or_create(const Object& object, const std::string& name, hid_t type, hid_t space) {
    const std::string failure = fmt::format("attribute \"{}\" cannot be written", name);
    if (has_attribute(object, name)) {
        return {object.check(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), failure), H5Aclose};
    }
    return {
        object.check(H5Acreate2(object.id(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), failure),
        H5Aclose};
}

void write(const Object& object, const std::string& name, hid_t file, hid_t memory, hid_t space,
           const void* values) {
    const Handle attribute = open_or_create(object, name, file, space);
    object.check(H5Awrite(attribute.get(), memory, values),
                 fmt::format("attribute \"{}\" cannot be written", name));
}

Handle scalar() { return Handle(H5Screate(H5S_SCALAR), H5Sclose); }
Handle simple(std::size_t n) {
    const hsize_t size = n;
    return Handle(H5Screate_simple(1, &size, nullptr), H5Sclose);
}

Handle open_attribute(const Object& object, const std::string& name) {
    if (!has_attribute(object, name)) {
        throw FileError(fmt::format("{}: has no attribute \"{}\"", object.where(), name));
    }
    return {object.check(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT),
                         fmt::format("attribute \"{}\" cannot be opened", name)),
            H5Aclose};
}

std::size_t n_values(const Handle& attribute) {
    const Handle space(H5Aget_space(attribute.get()), H5Sclose);
    return static_cast<std::size_t>(checked(H5Sget_simple_extent_npoints(space.get())));
}

}  // namespace

bool has_attribute(const Object& object, const std::string& name) {
    return object.check(H5Aexists(object.id(), name.c_str()), "attributes cannot be read") > 0;
}

std::vector<std::string> attribute_names(const Object& object) {
    std::vector<std::string> names;
    hsize_t position = 0;
    const auto add = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
    };
    if (H5Aiterate2(object.id(), H5_INDEX_CRT_ORDER, H5_ITER_INC, &position, add, &names) < 0) {
        H5Eclear2(H5E_DEFAULT);
        names.clear();
        position = 0;
        object.check(H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, &position, add, &names),
                     "attributes cannot be read");
    }
    return names;
}

bool is_text_attribute(const Object& object, const std::string& name) {
    const Handle attribute = open_attribute(object, name);
    const Handle type(H5Aget_type(attribute.get()), H5Tclose);
    return H5Tget_class(type.get()) == H5T_STRING;
}

std::string read_text_attribute(const Object& object, const std::string& name) {
    const Handle attribute = open_attribute(object, name);
    const Handle type(H5Aget_type(attribute.get()), H5Tclose);
    const std::string failure = fmt::format("attribute \"{}\" cannot be read", name);
    if (H5Tget_class(type.get()) != H5T_STRING || n_values(attribute) != 1) {
        throw FileError(fmt::format("{}: attribute \"{}\" is not one string", object.where(), name));
    }
    if (H5Tis_variable_str(type.get()) > 0) {
        const Handle memory = text_type();
        checked(H5Tset_cset(memory.get(), H5Tget_cset(type.get())));
        char* text = nullptr;
        object.check(H5Aread(attribute.get(), memory.get(), &text), failure);
        std::string result(text != nullptr ? text : "");
        checked(H5free_memory(text));
        return result;
    }
    // The text stands in the file itself, so its size was checked when the attribute was opened.
    std::string result(size_of(type.get()), '\0');
    object.check(H5Aread(attribute.get(), type.get(), result.data()), failure);
    return result.substr(0, result.find('\0'));
}

template <class T>
std::vector<T> read_attribute(const Object& object, const std::string& name) {
    const Handle attribute = open_attribute(object, name);
    const Handle type(H5Aget_type(attribute.get()), H5Tclose);
    if (!is_number(type.get(), H5T_INTEGER) && !is_number(type.get(), H5T_FLOAT)) {
        throw FileError(fmt::format("{}: attribute \"{}\" is no number", object.where(), name));
    }
    const std::size_t n = n_values(attribute);
    if (n > H5Aget_storage_size(attribute.get())) {
        throw FileError(fmt::format("{}: attribute \"{}\" claims more than it stores", object.where(), name));
    }
    std::vector<T> values(n);
    if (n > 0) {
        object.check(H5Aread(attribute.get(), memory_type<T>(), values.data()),
                     fmt::format("attribute \"{}\" cannot be read", name));
    }
    return values;
}

void set_attribute(const Object& object, const std::string& name, std::string_view text) {
    // Written over, the old text would leave the file's heap before the object's header points to the new
    // one, with HDF5 1.12 and later; with an attribute that is removed, its text stays.
    if (has_attribute(object, name)) {
        object.check(H5Adelete(object.id(), name.c_str()),
                     fmt::format("attribute \"{}\" cannot be replaced", name));
    }
    const std::string value = as_utf8(text);
    const char* pointer = value.c_str();
    const Handle type = text_type();
    write(object, name, type.get(), type.get(), scalar().get(), &pointer);
}

void set_attribute(const Object& object, const std::string& name, std::span<const std::string> texts) {
    if (texts.empty()) return;
    std::vector<std::string> values;
    for (const auto& text : texts) values.push_back(as_utf8(text));
    std::vector<const char*> pointers;
    for (const auto& value : values) pointers.push_back(value.c_str());
    const Handle type = text_type();
    write(object, name, type.get(), type.get(), simple(pointers.size()).get(), pointers.data());
}

template <class T>
requires std::is_arithmetic_v<T>
void set_attribute(const Object& object, const std::string& name, T number) {
    const Canonical<T> stored(std::span<const T>(&number, 1));
    write(object, name, file_type<T>(), memory_type<T>(), scalar().get(), stored.values().data());
}

template <class T>
void set_attribute_array(const Object& object, const std::string& name, std::span<const T> numbers) {
    if (numbers.empty()) return;
    const Canonical<T> stored(numbers);
    write(object, name, file_type<T>(), memory_type<T>(), simple(numbers.size()).get(),
          stored.values().data());
}

#define SNNFF_INSTANTIATE(T)                                                                  \
    template void set_attribute(const Object&, const std::string&, T);                        \
    template void set_attribute_array(const Object&, const std::string&, std::span<const T>); \
    template std::vector<T> read_attribute(const Object&, const std::string&);
SNNFF_INSTANTIATE(double)
SNNFF_INSTANTIATE(std::uint8_t)
SNNFF_INSTANTIATE(std::uint32_t)
SNNFF_INSTANTIATE(std::int64_t)
SNNFF_INSTANTIATE(std::uint64_t)
#undef SNNFF_INSTANTIATE

}  // namespace snnff::hdf5
