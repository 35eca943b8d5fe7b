#pragma once

namespace snnff {

/// Makes sure that descriptors 0 to 2 are taken, so that no file that is opened later gets the number of a
/// stream: what is printed would be written into it. A stream that was closed stays one that fails: reading
/// from it, or writing to it, gives EBADF as before. To be called before anything is opened; cheap.
void keep_streams() noexcept;

}  // namespace snnff
