/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names-quantities.c: our quantities (docs/names.tsv) and the concentrator's table 26. */
#include <metergate.h>

#include <host/mgh-names.h>
#include <string.h>

typedef struct {
    const char *name;
    guint8 index, kind;
} QuantityRow;

/* In the order of strcmp (). */
static const QuantityRow quantities[] = {
#include "quantities.h"
};

static const char *const index_texts[] = {
    "Other",
    "Error flags (Device type specific)",
    "Digital output",
    "Special supplier information",
    "Credit",
    "Debit",
    "Volts",
    "Ampere",
    "Reserved",
    "Energy",
    "Volume",
    "Mass",
    "Operating time",
    "On time",
    "Power",
    "Volume flow",
    "Volume flow ext",
    "Mass flow",
    "Return temperature",
    "Flow temperature",
    "Temperature difference",
    "External temperature",
    "Pressure",
    "Timestamp",
    "Time",
    "Units for H. C. A.",
    "Averaging duration",
    "Actuality duration",
    "Identification",
    "Fabrication",
    "Address",
    "Meter specific description (text based)",
    "Digital input",
    "Software version",
    "Access number",
    "Device type",
    "Manufacturer",
    "Parameter set identification",
    "Model / Version",
    "Hardware version",
    "Metrology (firmware) version",
    "Customer location",
    "Customer",
    "Access code user",
    "Access code operator",
    "Access code system operator",
    "Access code developer",
    "Password",
    "Error mask",
    "Baud rate",
    "Response delay time",
    "Retry",
    "Remote control (device specific)",
    "First storagenum. for cyclic storage",
    "Last storagenum. for cyclic storage",
    "Size of storage block",
    "Storage interval",
    "Vendor specific data",
    "Time point",
    "Duration since last readout",
    "Start of tariff",
    "Duration of tariff",
    "Period of tariff",
    "No VIF",
    "wM-Bus data container",
    "Data transmit interval",
    "Reset meter",
    "Cumulation meter",
    "Control signal",
    "Day of week",
    "Week number",
    "Time point of day change",
    "State of parameter activation",
    "Duration since last cumulation",
    "Operating time battery",
    "Battery change",
    "RSSI",
    "Day light saving",
    "Listening window management",
    "Remaining battery life time",
    "Stop meter",
    "Vendor specific data container",
    "Reactive energy",
    "Reactive power",
    "Relative humidity",
    "Phase voltage to voltage",
    "Phase voltage to current",
    "Frequency",
    "Cold/Warm Temperature limit",
    "Cumulative count max. power",
    "Remaining readout requests",
    "Meter status byte",
    "Apparent energy",
    "Apparent power",
    "Security key",
    "Data frame",
};

static const QuantityRow *quantity_find (const char *name, gsize len)
{
    gsize low = 0, high = G_N_ELEMENTS (quantities);

    while (low < high) {
        gsize middle = (low + high) / 2;
        const QuantityRow *row = &quantities[middle];
        gint order = strncmp (name, row->name, len);

        if (order == 0 && row->name[len] == '\0')
            return row;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The row of the name itself or of the nearest general one: "energy.active.import.l1" is an "energy.active.import". */
static const QuantityRow *quantity_row (const char *name)
{
    gsize len = name == NULL ? 0 : strlen (name);

    while (len > 0) {
        const QuantityRow *row = quantity_find (name, len);

        if (row != NULL)
            return row;
        while (--len > 0 && name[len] != '.')
            ;
    }
    return NULL;
}

guint mgh_quantity_index (const char *quantity)
{
    const QuantityRow *row = quantity_row (quantity);

    return row != NULL ? row->index : 0;
}

guint32 mgh_quantity_kind (const char *quantity)
{
    const QuantityRow *row = quantity_row (quantity);

    return row != NULL ? row->kind : MG_POINT_GAUGE;
}

const char *mgh_quantity_at (guint i)
{
    return i < G_N_ELEMENTS (quantities) ? quantities[i].name : NULL;
}

const char *mgh_quantity_index_text (guint index)
{
    return index < G_N_ELEMENTS (index_texts) ? index_texts[index] : "Reserved";
}
