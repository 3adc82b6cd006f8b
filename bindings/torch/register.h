// One function per native room; each adds that room's functions and classes to the addon's exports.
#pragma once

#include <napi.h>

void registerIo(Napi::Env env, Napi::Object exports);
void registerPolicy(Napi::Env env, Napi::Object exports);
void registerTrain(Napi::Env env, Napi::Object exports);
