#!/usr/bin/env bash
# Makes the certificates of the TLS tests anew. They protect nothing: the private keys are public.
#   ca.pem        signs a and elsewhere
#   a             for localhost, the common case of both sides
#   elsewhere     signed by the same authority, for another host
#   rogue         for localhost, signed by an authority that nobody trusts (rogue-ca.pem)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
days=36500

authority() {  # authority NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days -subj "/CN=convoy test $1" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$1.key" -out "$1.pem"
}

device() {  # device NAME AUTHORITY HOST
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days $days -out "$1.pem" \
        -extfile <(printf 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:%s\n' "$3")
}

authority ca
authority rogue-ca
device a ca localhost
device elsewhere ca elsewhere.example
device rogue rogue-ca localhost
rm -f -- *.csr *.srl ca.key rogue-ca.key
