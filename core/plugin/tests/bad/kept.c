/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kept.c: nothing is wrong with it; its file has the right name in the build folder already. */
#include "bad.h"

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = nothing_read);
static const MgFeature features[] = { DRIVER ("kept", &ops) };
MODULE (.name = "kept", .features = MG_TABLE (features));
