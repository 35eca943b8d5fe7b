#pragma once
// Reads fixtures through HDF5's own C API, so that the reader under test is not the one that checks it.
#include <hdf5.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace h5 {

/// A file opened for reading; every name is a path from its root. Throws std::runtime_error.
class File {
  public:
    explicit File(const std::string& path) : id_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)) {
        check(id_, path);
    }
    ~File() { H5Fclose(id_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::vector<hsize_t> shape(const std::string& name) const {
        const Open set(check(H5Dopen2(id_, name.c_str(), H5P_DEFAULT), name), H5Dclose);
        const Open space(check(H5Dget_space(set.id), name), H5Sclose);
        std::vector<hsize_t> dims(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.id)));
        H5Sget_simple_extent_dims(space.id, dims.data(), nullptr);
        return dims;
    }
    std::vector<float> floats(const std::string& name) const { return read<float>(name, H5T_NATIVE_FLOAT); }
    std::vector<std::int64_t> integers(const std::string& name) const {
        return read<std::int64_t>(name, H5T_NATIVE_INT64);
    }
    /// Attributes of `object` ("/" for the file).
    std::string text(const std::string& object, const std::string& attribute) const {
        const Open a(check(H5Aopen_by_name(id_, object.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                           attribute),
                     H5Aclose);
        const Open type(check(H5Aget_type(a.id), attribute), H5Tclose);
        if (H5Tis_variable_str(type.id) <= 0) throw std::runtime_error(attribute + " is no string");
        char* raw = nullptr;
        check(H5Aread(a.id, type.id, &raw), attribute);
        std::string result = raw;
        H5free_memory(raw);
        return result;
    }
    double number(const std::string& object, const std::string& attribute) const {
        const Open a(check(H5Aopen_by_name(id_, object.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                           attribute),
                     H5Aclose);
        double value = 0.0;
        check(H5Aread(a.id, H5T_NATIVE_DOUBLE, &value), attribute);
        return value;
    }

  private:
    struct Open {
        Open(hid_t object, herr_t (*how)(hid_t)) : id(object), close(how) {}
        ~Open() { close(id); }
        Open(const Open&) = delete;
        Open& operator=(const Open&) = delete;
        hid_t id;
        herr_t (*close)(hid_t);
    };
    template <class T>
    static T check(T result, const std::string& what) {
        if (result < 0) throw std::runtime_error("HDF5 cannot read " + what);
        return result;
    }
    template <class T>
    std::vector<T> read(const std::string& name, hid_t type) const {
        std::size_t n = 1;
        for (const hsize_t d : shape(name)) n *= static_cast<std::size_t>(d);
        std::vector<T> values(n);
        const Open set(check(H5Dopen2(id_, name.c_str(), H5P_DEFAULT), name), H5Dclose);
        check(H5Dread(set.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), name);
        return values;
    }

    hid_t id_;
};

}  // namespace h5
