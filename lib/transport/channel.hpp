#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "transport/buffer.hpp"
#include "transport/frame.hpp"
#include "transport/stream.hpp"

namespace convoy::transport::detail {

/// A message as it came.
struct Message {
    Header header;
    Buffer payload;
};

/// Cuts the bytes of a stream into messages. For one thread.
///
/// Headers and small payloads are read in one go into a staging area; the rest of a larger payload goes straight into
/// its own aligned buffer, which is allocated after every check.
class FrameReader {
  public:
    explicit FrameReader(Stream& stream) : stream_(stream) {}

    /// @param heard  called whenever bytes came
    /// @return       false at the end of the stream, between two messages
    /// @throws util::Error protocol for nonsense, impossible when the account is exhausted, unavailable when the stream
    ///         breaks
    [[nodiscard]] bool read(Message& message, const Budget& budget, const std::shared_ptr<MemoryAccount>& account,
                            const std::function<void()>& heard);

  private:
    [[nodiscard]] bool fill(std::size_t wanted, const Budget& budget, const std::function<void()>& heard);
    void read_payload(std::span<std::byte> rest, const std::function<void()>& heard);

    Stream& stream_;
    std::vector<std::byte> staged_;
    std::size_t begin_{};
    std::size_t end_{};
};

/// A stream and what was already read from it.
struct Channel {
    explicit Channel(nng_stream* raw, bool tls) : stream(raw, tls), reader(stream) {}
    Stream stream;
    FrameReader reader;
};

}  // namespace convoy::transport::detail
