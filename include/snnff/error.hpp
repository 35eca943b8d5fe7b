#pragma once

#include <stdexcept>
#include <string>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// What the process answers; documented in README and in `snnff-sim --help`.
enum class ExitCode {
    done = 0,
    failed = 1,
    usage = 2,
    model = 3,  ///< the model file is invalid
    file = 4,   ///< a file could not be read or written
    data = 5,   ///< a data set is invalid
};

/// Base of everything this library throws. The text starts with the place (file:line:column,
/// or layer, epoch and batch), then says what was found and what would do.
class Error : public std::runtime_error {
  public:
    Error(ExitCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
    ExitCode code() const noexcept { return code_; }

  private:
    ExitCode code_;
};

/// A model file, or an override of one of its keys, is wrong.
class ModelError : public Error {
  public:
    explicit ModelError(const std::string& text) : Error(ExitCode::model, text) {}
};

/// A file cannot be opened, read, written or locked, or is not of the expected format.
class FileError : public Error {
  public:
    explicit FileError(const std::string& text) : Error(ExitCode::file, text) {}
};

/// A file is not what was asked for, though nothing says that it is damaged: it is of another kind, of a
/// newer format, or somebody writes it.
class OtherFileError : public FileError {
  public:
    using FileError::FileError;
};

/// A data set contradicts itself or the model.
class DataError : public Error {
  public:
    explicit DataError(const std::string& text) : Error(ExitCode::data, text) {}
};

/// Bytes of a file are not those that were written: its checksums say so.
class DamageError : public DataError {
  public:
    using DataError::DataError;
};

/// The call itself is wrong: unknown verb, missing argument, output that exists.
class UsageError : public Error {
  public:
    explicit UsageError(const std::string& text) : Error(ExitCode::usage, text) {}
};

/// The run cannot go on: numbers went wrong, memory ran out.
class RunError : public Error {
  public:
    explicit RunError(const std::string& text) : Error(ExitCode::failed, text) {}
};

}  // namespace snnff
