/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sample.c: meters and readouts that formats are tested with. */
#include <metergate.h>

#include "rig.h"

#include <host/mgh-readout.h>

#include <string.h>

#define AT_MS G_GINT64_CONSTANT (1795176000000) /* 2026-11-20 12:00 UTC */

static MgValue time_value (gint year, gint month, gint day, gint hour, gint minute, guint32 flags)
{
    return mg_value_time (year, month, day, hour, minute, 0, flags);
}

static MgMeter *sample_meter (const MghMeterInfo *info, const MghPointInfo *points, guint n)
{
    g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify) mgh_point_unref);

    for (guint i = 0; i < n; i++)
        g_ptr_array_add (made, mgh_point_new (i, &points[i]));
    return mgh_meter_new (info, (MgPoint *const *) made->pdata, n);
}

static MgMeter *sample_heat_meter (void)
{
    const MghPointInfo points[] = {
        { .key = "0.0.0.0:00",
          .label = "Heat of the house",
          .active = TRUE,
          .meaning = { .struct_size = sizeof (MgMeaning),
                       .quantity = "energy",
                       .kind = MG_POINT_COUNTER,
                       .unit = MG_UNIT_WH,
                       .obis = MG_OBIS (6, 0, 1, 0, 0, 255) } },
        { .key = "0.0.0.0:10",
          .active = TRUE,
          .meaning = { .struct_size = sizeof (MgMeaning),
                       .quantity = "volume",
                       .kind = MG_POINT_COUNTER,
                       .unit = MG_UNIT_M3 } },
        { .key = "0.0.0.0:58",
          .active = TRUE,
          .description = "Flow, measured at the top",
          .meaning = { .struct_size = sizeof (MgMeaning),
                       .quantity = "temperature.flow",
                       .kind = MG_POINT_GAUGE,
                       .unit = MG_UNIT_CELSIUS } },
        { .key = "0.0.0.0:6D",
          .active = TRUE,
          .meaning = { .struct_size = sizeof (MgMeaning), .quantity = "time.point", .kind = MG_POINT_TIME } },
        { .key = "0.0.0.0:78",
          .active = FALSE,
          .meaning = { .struct_size = sizeof (MgMeaning), .quantity = "fabrication-number", .kind = MG_POINT_TEXT } },
        { .key = "0.0.0.0:7C'Info'",
          .active = TRUE,
          .meaning = { .struct_size = sizeof (MgMeaning),
                       .quantity = "other",
                       .name = "Info",
                       .kind = MG_POINT_TEXT } },
    };
    MghMeterInfo info = { .id = 1,
                          .device = 1,
                          .uid = "00000000000000000000000000000001",
                          .label = "Heat; \"main\"",
                          .channel = "mbus1",
                          .address = "5",
                          .interface = "MBus",
                          .active = TRUE,
                          .identity = { .struct_size = sizeof (MgIdentity),
                                        .serial = "06855817",
                                        .manufacturer = "KAM",
                                        .version = 8,
                                        .medium = MG_MEDIUM_HEAT } };

    return sample_meter (&info, points, G_N_ELEMENTS (points));
}

static MgMeter *sample_electricity_meter (void)
{
    const MghPointInfo points[] = {
        { .key = "0.0.0.0:00",
          .active = TRUE,
          .meaning = { .struct_size = sizeof (MgMeaning),
                       .quantity = "energy",
                       .kind = MG_POINT_COUNTER,
                       .unit = MG_UNIT_WH } },
        { .key = "0.0.0.0:00F1",
          .active = TRUE,
          .meaning = { .struct_size = sizeof (MgMeaning),
                       .quantity = "energy.reactive",
                       .kind = MG_POINT_COUNTER,
                       .unit = MG_UNIT_VARH } },
        { .key = "0.0.0.0:0F",
          .active = TRUE,
          .meaning = { .struct_size = sizeof (MgMeaning), .quantity = "other", .kind = MG_POINT_STATE } },
        { .key = "0.0.0.0:VA",
          .active = TRUE,
          .label = "=1+1",
          .meaning = { .struct_size = sizeof (MgMeaning),
                       .quantity = "power.apparent",
                       .kind = MG_POINT_GAUGE,
                       .unit = MG_UNIT_VA } },
    };
    MghMeterInfo info = { .id = 2,
                          .device = 2,
                          .uid = "00000000000000000000000000000002",
                          .channel = "wmbus1",
                          .address = "",
                          .interface = "wMBus",
                          .active = TRUE,
                          .identity = { .struct_size = sizeof (MgIdentity),
                                        .serial = "00001234",
                                        .manufacturer = "EMH",
                                        .version = 0,
                                        .medium = MG_MEDIUM_ELECTRICITY } };

    return sample_meter (&info, points, G_N_ELEMENTS (points));
}

typedef struct {
    MgValue value;
    guint32 point, quality;
    MgValue device_time;
} SampleReading;

static void sample_readout (RigSample *sample, guint meter, gint64 seq, gint64 at_ms, const SampleReading *readings,
                            guint n)
{
    g_autoptr (MgReadout) readout = mgh_readout_new (NULL, MG_READOUT_LIVE);
    g_autofree guint32 *indices = g_new (guint32, n);

    mgh_readout_set_times (readout, at_ms, at_ms);
    for (guint i = 0; i < n; i++) {
        mgh_readout_add_stored (readout, readings[i].value, readings[i].quality, readings[i].device_time);
        indices[i] = readings[i].point;
    }
    mgh_readout_set_seq (readout, seq);
    mgh_readout_finish (readout);
    g_ptr_array_add (sample->items, mgh_item_new_readout (sample->meters->pdata[meter], readout, indices, n));
}

/* as it comes from a driver: with the record's bytes */
static void sample_raw_readout (RigSample *sample, guint meter, gint64 seq, gint64 at_ms)
{
    static const guint8 record[] = {
        0x84, 0x10, 0x83, 0x3B, 0x39, 0x30, 0x00, 0x00
    }; /* tariff 1, VIF 03 with VIFE 3B */
    MgMeaning meaning = MG_INIT (MgMeaning, .quantity = "energy", .kind = MG_POINT_COUNTER, .unit = MG_UNIT_WH,
                                 .raw = record, .raw_len = sizeof record, .raw_head_len = 4);
    g_autoptr (MgReadout) readout = mgh_readout_new (NULL, MG_READOUT_LIVE);
    const guint32 indices[] = { 0 };

    mgh_readout_set_times (readout, at_ms, at_ms);
    mg_readout_add (readout, "0.0.1.0:033B", &meaning, mg_value_decimal (12345, 0), 0);
    mgh_readout_set_seq (readout, seq);
    mgh_readout_finish (readout);
    g_ptr_array_add (sample->items, mgh_item_new_readout (sample->meters->pdata[meter], readout, indices, 1));
}

static RigSample *sample_new (void)
{
    RigSample *sample = g_new0 (RigSample, 1);

    sample->meters = g_ptr_array_new_with_free_func ((GDestroyNotify) mgh_meter_unref);
    sample->items = g_ptr_array_new_with_free_func ((GDestroyNotify) mg_item_free);
    return sample;
}

RigSample *rig_sample_new (void)
{
    static const guint8 blob[] = { 0xDE, 0xAD, 0x00, 0xBE };
    const MgValue none = { 0 };
    const SampleReading heat[] = {
        { mg_value_decimal (37351, 3), 0, 0, time_value (2026, 11, 20, 12, 19, MG_TIME_NO_SECONDS) },
        { mg_value_decimal (-5, -3), 1, 0, none },
        { mg_value_decimal (650, -1), 2, 0, time_value (2026, 11, 20, 11, 19, MG_TIME_UTC) },
        { time_value (2014, 3, 13, 11, 11, MG_TIME_NO_SECONDS), 3, 0, none },
        { mg_value_text ("never seen: the point is not active", -1), 4, 0, none },
        { mg_value_text ("door \"open\"", -1), 5, 0, none },
    };
    /* the other telegram of the same meter: its values stay in their columns */
    const SampleReading other[] = {
        { mg_value_decimal (123, -2), 1, MG_QUALITY_ESTIMATED, none },
        { mg_value_decimal (0, 0), 2, MG_QUALITY_NO_DATA, none },
    };
    const SampleReading electricity[] = {
        { mg_value_decimal (0, 5), 0, 0, none },
        { mg_value_decimal (G_MAXINT64, -12), 1, 0, none },
        { mg_value_bytes (blob, sizeof blob), 2, 0, time_value (2026, 2, 30, 25, 0, MG_TIME_INVALID) },
        { mg_value_decimal (G_MININT64, 2), 3, 0, none },
    };
    const SampleReading date[] = { { time_value (2026, 1, 1, 0, 0, MG_TIME_DATE_ONLY), 3, 0, none } };
    RigSample *sample = sample_new ();
    MghEventInfo event = { .at_ms = AT_MS,
                           .code = "meter.silent",
                           .subject = "meter:2",
                           .text = "meter does not answer",
                           .severity = MG_SEVERITY_WARNING };

    g_ptr_array_add (sample->meters, sample_heat_meter ());
    g_ptr_array_add (sample->meters, sample_electricity_meter ());
    sample_readout (sample, 1, 10, AT_MS, electricity, G_N_ELEMENTS (electricity));
    sample_readout (sample, 0, 11, AT_MS + 1234, heat, G_N_ELEMENTS (heat));
    g_ptr_array_add (sample->items, mgh_item_new_event (12, mgh_event_new (&event), sample->meters->pdata[1]));
    sample_readout (sample, 0, 13, AT_MS + 60000, other, G_N_ELEMENTS (other));
    sample_raw_readout (sample, 1, 14, AT_MS + 61000);
    sample_readout (sample, 0, 15, AT_MS + 62000, date, G_N_ELEMENTS (date));
    return sample;
}

RigSample *rig_sample_new_text (const char *text, gssize len)
{
    MghPointInfo point = { .key = "0.0.0.0:7C'x'",
                           .label = text,
                           .description = text,
                           .active = TRUE,
                           .meaning = {
                               .struct_size = sizeof (MgMeaning), .quantity = "other", .kind = MG_POINT_TEXT } };
    MghMeterInfo info = { .id = 1,
                          .uid = "1",
                          .label = text,
                          .channel = "c",
                          .address = "1",
                          .interface = "MBus",
                          .active = TRUE,
                          .identity = { .struct_size = sizeof (MgIdentity), .serial = "1", .manufacturer = "ABC" } };
    const SampleReading reading = { .value = mg_value_text (text, len), .point = 0 };
    RigSample *sample = sample_new ();

    g_ptr_array_add (sample->meters, sample_meter (&info, &point, 1));
    sample_readout (sample, 0, 1, AT_MS, &reading, 1);
    return sample;
}

void rig_sample_free (RigSample *sample)
{
    g_ptr_array_unref (sample->items);
    g_ptr_array_unref (sample->meters);
    g_free (sample);
}
