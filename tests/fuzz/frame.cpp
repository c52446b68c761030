// What a peer sends: headers under the budget of a known and of an unknown peer, hellos, errors.
#include "transport/frame.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "fuzz/target.hpp"
#include "transport/hello.hpp"

namespace convoy::fuzz {
namespace {

using transport::Budget;

/// Every reader sees the input, whether or not the one before refused it.
void attempt(const std::function<void()>& read) {
    try {
        read();
    } catch (const util::Error& error) {
        if (error.code() != util::Errc::protocol) throw;
    }
}

void read_header(std::span<const std::byte> bytes, const Budget& budget) {
    const std::size_t size = transport::header_size(bytes, budget);
    if (size > bytes.size()) return;
    const transport::Header header = transport::decode_header(bytes.first(size), budget);
    const std::vector<std::byte> again = transport::encode(header);
    if (!std::ranges::equal(again, bytes.first(size))) std::abort();
}

}  // namespace

void check(std::string_view input) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(input));
    attempt([&] { read_header(bytes, {}); });
    attempt([&] { read_header(bytes, transport::kHelloBudget); });
    attempt([&] {
        const transport::Hello hello = transport::decode_hello(bytes);
        if (transport::decode_hello(transport::encode(hello)) != hello) std::abort();
    });
    attempt([&] { (void)transport::decode_error(bytes); });
}

}  // namespace convoy::fuzz
