#pragma once

#include "cli/parser.hpp"
#include "transport/address.hpp"

namespace convoy::tools {

inline constexpr cli::Option kTlsCert{.long_name = "tls-cert",
                                      .hint = cli::Hint::file,
                                      .help = "own certificate (PEM); makes links tls+tcp",
                                      .detail = "Both sides show a certificate; --tls-ca must have signed both.",
                                      .group = "security"};
inline constexpr cli::Option kTlsKey{
    .long_name = "tls-key", .hint = cli::Hint::file, .help = "its private key (PEM)", .group = "security"};
inline constexpr cli::Option kTlsCa{.long_name = "tls-ca",
                                    .hint = cli::Hint::file,
                                    .help = "certificate that signed the others' (PEM)",
                                    .group = "security"};
inline constexpr cli::Option kInsecure{
    .long_name = "insecure", .help = "allow addresses beyond this machine without TLS", .group = "security"};

/// @throws Error usage, when only some of the three TLS files are given
inline transport::Security security_from(const cli::Options& options) {
    transport::Security security{.tls = {}, .insecure = options.flag("insecure")};
    const bool any = options.has("tls-cert") || options.has("tls-key") || options.has("tls-ca");
    if (!any) return security;
    for (const char* name : {"tls-cert", "tls-key", "tls-ca"})
        if (!options.has(name)) throw options.error(name, "is needed with the other TLS options");
    security.tls = transport::TlsOptions{.cert = options.text("tls-cert"),
                                         .key = options.text("tls-key"),
                                         .ca = options.text("tls-ca"),
                                         .server_name = {}};
    return security;
}

}  // namespace convoy::tools
