<CsoundSynthesizer>
; @{id}: @{summary}
;
;   @{out_variables} @{name} @{arguments}
;
; Build with `make`, then: csound --opcode-lib=./lib@{name}.so @{name}.csd -o dac
<CsOptions>
</CsOptions>
<CsInstruments>
sr = 44100
ksmps = 32
nchnls = 1
0dbfs = 1

instr 1
@{score_line}
endin
</CsInstruments>
<CsScore>
i 1 0 8
</CsScore>
</CsoundSynthesizer>
