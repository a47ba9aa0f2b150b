/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* readout.h: what only the neighbours within the library need of a readout. */
#pragma once

#include <metergate.h>

/* Several references at once: one atomic step for all points of a meter that came in one readout. */
void readout_ref_many (const MgReadout *r, guint n);
void readout_unref_many (const MgReadout *r, guint n);

/* Full, finished: the same without keys, meanings and identity, in one piece of just the size that is needed. What
 * lives long, the last value of each point, takes a third of the memory so. */
MgReadout *readout_without_meaning (const MgReadout *r);
