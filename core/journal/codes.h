/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* codes.h: the core's own event codes; inside this room only. */
#pragma once

#include <metergate.h>

extern const MgTable journal_core_codes; /* of MgEventInfo */
