/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-names.h: what the outside calls our units, media and quantities: the indices and texts of the concentrator's
 * tables 25 to 27 that reports, files and the Modbus server show. All functions may be called from any thread; texts
 * are UTF-8 and static.
 */
#pragma once

#include <metergate/mg-value.h>

G_BEGIN_DECLS

/*
 * mg_unit_index:
 * Our unit with a power of ten, as table 27 numbers it.
 *
 * @index_exponent: gets the exponent such that number * 10^exponent of `unit` is number * 10^index_exponent of the unit
 * with that index, exactly (varh is kVARh with 3 less). The distance of the two depends on the unit alone. Returns: the
 * index; 22 (dimensionless), with the exponent unchanged, for a unit that the table does not have
 */
guint mg_unit_index (guint32 unit, gint exponent, gint *index_exponent);

/* The text of an index of table 27: "Wh", "m³/h"; "" where the table has none. */
const char *mg_unit_index_text (guint index);

/* The index of a medium in table 25; media of our own become 14 (system component) or 15 (unknown). */
guint mg_medium_index (guint32 medium);

/* "Heat (outlet)", as table 25 names it. */
const char *mg_medium_text (guint32 medium);

/* The index of a quantity ("energy.active.import") in table 26; 0 (other) for one that it does not have. */
guint mg_quantity_index (const char *quantity);

/* "Energy", as table 26 names it. */
const char *mg_quantity_text (const char *quantity);

/* How outputs name the kind of a meter's channel: "MBus", "wMBus", "S0", "DLDRS", "System". Lives as long as the meter.
 */
const char *mg_meter_get_interface (const MgMeter *m);

/* What a value is, in words: as a person set it; else the name that the meter itself gave where table 26 has none; else
 * that of table 26. Lives as long as the point. */
const char *mg_point_get_description (const MgPoint *p);

G_END_DECLS
