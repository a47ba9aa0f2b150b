/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* twice.c: its second feature has the name of good.c's. */
#include "bad.h"

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = nothing_read);
static const MgFeature features[] = { DRIVER ("twice", &ops), DRIVER ("good", &ops) };
MODULE (.name = "twice", .features = MG_TABLE (features));
