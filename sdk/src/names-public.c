/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names-public.c: the part of our lists of names that plugins may ask for. */
#include <metergate.h>

#include <host/mgh-model.h>
#include <host/mgh-names.h>

guint mg_unit_index (guint32 unit, gint exponent, gint *index_exponent)
{
    return mgh_unit_index (unit, exponent, index_exponent);
}

const char *mg_unit_index_text (guint index)
{
    return mgh_unit_index_text (index);
}

guint mg_medium_index (guint32 medium)
{
    return mgh_medium_index (medium);
}

const char *mg_medium_text (guint32 medium)
{
    return mgh_medium_text (medium);
}

guint mg_quantity_index (const char *quantity)
{
    return mgh_quantity_index (quantity);
}

const char *mg_quantity_text (const char *quantity)
{
    return mgh_quantity_index_text (mgh_quantity_index (quantity));
}

const char *mg_meter_get_interface (const MgMeter *m)
{
    return mgh_meter_get_interface (m);
}

const char *mg_point_get_description (const MgPoint *p)
{
    const char *by_hand = mgh_point_get_description (p);
    const MgMeaning *meaning = mg_point_get_meaning (p);

    if (by_hand != NULL && *by_hand != '\0')
        return by_hand;
    if (mgh_quantity_index (meaning->quantity) == 0 && meaning->name != NULL && *meaning->name != '\0')
        return meaning->name;
    return mg_quantity_text (meaning->quantity);
}
