/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* good.c: nothing is wrong with it. */
#include "bad.h"

static const MgDriverOps ops = MG_INIT (MgDriverOps, .read = nothing_read);
static const MgFeature features[] = { DRIVER ("good", &ops) };
static const MgEventInfo events[] = { { "good.thing", MG_SEVERITY_INFO, "{what} is good", NULL } };
MODULE (.name = "good", .features = MG_TABLE (features), .events = MG_TABLE (events));
