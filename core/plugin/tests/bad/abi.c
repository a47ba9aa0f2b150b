/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* abi.c: was built for an ABI that does not exist yet. */
#include "bad.h"

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = nothing_read);
static const MgFeature features[] = { DRIVER ("abi", &ops) };

extern __attribute__ ((visibility ("default"))) const MgModule mg_module;
const MgModule mg_module =
    MG_INIT (MgModule, .abi_major = 7, .abi_minor = 3, .name = "abi", .features = MG_TABLE (features));
