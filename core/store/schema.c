/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* schema.c: the tables of state.db and readings.db, as of their user_version. */
#include "schema.h"

/* Lists of steps: step i takes a database from user_version i to i + 1. */
static const char *const state_steps[] = {
    "CREATE TABLE meta (k TEXT PRIMARY KEY, v ANY) STRICT;"
    "CREATE TABLE epoch (id INTEGER PRIMARY KEY, boot_id BLOB NOT NULL, boot_ms INT NOT NULL, utc_ms INT NOT NULL,"
    " synced INT NOT NULL, shift_ms INT NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE meter (id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, origin TEXT,"
    " label TEXT NOT NULL DEFAULT '', medium INT, active INT NOT NULL DEFAULT 1, keep TEXT NOT NULL DEFAULT 'all',"
    " settings TEXT NOT NULL DEFAULT '{}', rev INT NOT NULL DEFAULT 1, removed_ms INT) STRICT;"
    /* One device an address at one time is the model's rule: while two meters swap their addresses, two rows have the
     * same for a moment, so that no unique index can hold it. */
    "CREATE TABLE device (id INTEGER PRIMARY KEY AUTOINCREMENT, meter INT NOT NULL REFERENCES meter,"
    " channel TEXT NOT NULL, address TEXT NOT NULL, identity TEXT NOT NULL DEFAULT '',"
    " settings TEXT NOT NULL DEFAULT '{}', from_seq INT NOT NULL, to_seq INT) STRICT;"
    "CREATE TABLE point (meter INT NOT NULL REFERENCES meter, idx INT NOT NULL, key TEXT NOT NULL, kind INT NOT NULL,"
    " quantity TEXT NOT NULL, name TEXT, unit INT NOT NULL, unit_text TEXT, func INT NOT NULL, medium INT NOT NULL,"
    " storage INT NOT NULL, tariff INT NOT NULL, subunit INT NOT NULL, obis TEXT, wrap TEXT, formula TEXT,"
    " active INT NOT NULL DEFAULT 1, by_hand TEXT NOT NULL DEFAULT '{}', rev INT NOT NULL DEFAULT 1,"
    " PRIMARY KEY (meter, idx), UNIQUE (meter, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE tag (meter INT NOT NULL, idx INT NOT NULL DEFAULT -1, k TEXT NOT NULL, v TEXT NOT NULL,"
    " PRIMARY KEY (meter, idx, k, v)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE state (owner TEXT NOT NULL, k TEXT NOT NULL, v BLOB NOT NULL, PRIMARY KEY (owner, k))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE secret (owner TEXT NOT NULL, k TEXT NOT NULL, nonce BLOB, v BLOB NOT NULL, PRIMARY KEY (owner, k))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE cursor (name TEXT PRIMARY KEY, seq INT NOT NULL, moved_ms INT NOT NULL) STRICT;"
    "CREATE TABLE batch (id INTEGER PRIMARY KEY AUTOINCREMENT, cursor TEXT NOT NULL, first_seq INT NOT NULL,"
    " last_seq INT NOT NULL, identity TEXT NOT NULL UNIQUE, name TEXT, spool TEXT, sha256 TEXT, content_type TEXT,"
    " state INT NOT NULL, attempts INT NOT NULL DEFAULT 0, code TEXT, params TEXT, due_ms INT NOT NULL,"
    " created_ms INT NOT NULL, done_ms INT) STRICT;"
    /* The queue of a report is asked for often; what was delivered long ago only grows. */
    "CREATE INDEX batch_by_state ON batch (cursor, state, id);"
    "CREATE TABLE command (id BLOB PRIMARY KEY, actor TEXT NOT NULL, device INT NOT NULL, name TEXT NOT NULL,"
    " args TEXT NOT NULL, expires_ms INT NOT NULL, state INT NOT NULL, code TEXT, params TEXT) STRICT;"
    "CREATE TABLE event (seq INTEGER PRIMARY KEY, epoch INT NOT NULL, at_ms INT NOT NULL, severity INT NOT NULL,"
    " code TEXT NOT NULL, subject TEXT NOT NULL, actor TEXT, params TEXT NOT NULL, hash BLOB) STRICT;",
};

static const char *const readings_steps[] = {
    "CREATE TABLE readout (seq INTEGER PRIMARY KEY, device INT NOT NULL, kind INT NOT NULL, status INT NOT NULL,"
    " epoch INT NOT NULL, due_ms INT NOT NULL, at_ms INT NOT NULL, ref_seq INT, body BLOB NOT NULL) STRICT;"
    /* The one gap row of each device that is silent now: what closes it finds it here, without an index on readout. */
    "CREATE TABLE open_gap (device INTEGER PRIMARY KEY, seq INT NOT NULL) STRICT;"
    "CREATE TABLE chunk (id INTEGER PRIMARY KEY, codec INT NOT NULL, first_seq INT NOT NULL, last_seq INT NOT NULL,"
    " body BLOB NOT NULL) STRICT;"
    "CREATE TABLE rollup (level INT NOT NULL, period INT NOT NULL, meter INT NOT NULL, upto_seq INT NOT NULL,"
    " body BLOB NOT NULL, PRIMARY KEY (level, period, meter)) STRICT, WITHOUT ROWID;",
};

const char *const *store_schema_steps (StoreDbKind kind, int *n_steps)
{
    *n_steps = kind == STORE_DB_STATE ? (int) G_N_ELEMENTS (state_steps) : (int) G_N_ELEMENTS (readings_steps);
    return kind == STORE_DB_STATE ? state_steps : readings_steps;
}
