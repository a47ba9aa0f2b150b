/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meaning.h: meanings that many points share: a thousand meters of one type have the same ones. */
#pragma once

#include <metergate.h>

/* The one copy of this meaning, without raw; `states` stays the caller's. Any thread. Given back with meaning_release
 * (). */
const MgMeaning *meaning_share (const MgMeaning *from);
void meaning_release (const MgMeaning *meaning);
