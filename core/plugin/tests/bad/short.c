/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* short.c: its functions are in a struct that ends too early. */
#include "bad.h"

static const MgDriverOps ops = { .struct_size = G_STRUCT_OFFSET (MgDriverOps, listen), .read = nothing_read };
static const MgFeature features[] = { DRIVER ("short", &ops) };
MODULE (.name = "short", .features = MG_TABLE (features));
