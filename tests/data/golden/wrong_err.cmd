echo surprise >&2
