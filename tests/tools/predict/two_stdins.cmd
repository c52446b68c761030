convoy-predict show - --latency -
