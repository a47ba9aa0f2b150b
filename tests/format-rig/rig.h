/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rig.h: runs a format in a test: sample meters and readouts in, the bytes of the run out, compared with a golden file.
 */
#pragma once

#include <host/mgh-config.h>
#include <host/mgh-model.h>
#include <host/mgh-output.h>

G_BEGIN_DECLS

typedef struct {
    GPtrArray *meters; /* of MgMeter */
    GPtrArray *items;  /* of MgItem */
} RigSample;

/* Two meters, six entries: a heat meter that alternates telegrams, an electricity meter, an event; every type of value,
 * unusable values, device times, by-hand labels. */
RigSample *rig_sample_new (void);
/* One meter and one readout whose label, description and text value are `text`. */
RigSample *rig_sample_new_text (const char *text, gssize len);
void rig_sample_free (RigSample *sample);

typedef struct {
    const MgFormatOps *ops;
    const MghConfigText *texts;
    guint n_texts;
    const char *select; /* selector; NULL: all that is active */
    gsize fail_after;   /* bytes, then the receiver fails; 0: never */
} RigRun;

/* The bytes of one run in Europe/Berlin; NULL with the error of whoever failed. full */
char *rig_run (const RigRun *run, const RigSample *sample, GError **error);

/* The same text many times over into nothing: for memory and speed. How many bytes. */
guint64 rig_run_many (const RigRun *run, const RigSample *sample, guint times);

/* The text is that of the golden file (in the folder GOLDEN_DIR of the environment); with UPDATE_GOLDEN set it becomes
 * so. */
void rig_assert_golden (const char *text, const char *file);

/* What every format must stand: a receiver that fails ends the run with its error; memory does not grow with the
 * entries. */
void rig_test_receiver_fails (const MgFormatOps *ops);
void rig_test_memory_flat (const MgFormatOps *ops);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigSample, rig_sample_free)

G_END_DECLS
